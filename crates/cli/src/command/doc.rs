//! `dunlin doc [PATHS]`: a site of static pages from `///` comments, one page a file, with a search.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{CommandRow, compile, run};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::programs::{Notations, programs_at};
use crate::{site, terminal};

const OPTIONS: &[OptionRow] = &[
    option("-o --output", "FOLDER", "where to write; `site` if not said"),
    option("--private", "", "show what is not `pub` too"),
];

pub const ROW: CommandRow = CommandRow {
    name: "doc",
    usage: "[-o FOLDER] [PATHS]",
    summary: "Makes a site with a search from the documentation of programs; `dunlin test` runs its examples.",
    options: &[OPTIONS],
    positional: Positional::All("PATHS"),
    examples: &[("dunlin doc src -o site", "then open site/index.html")],
    run: doc,
};

fn doc(arguments: &Arguments) -> Result<Exit, String> {
    let shows_private = arguments.has("--private");
    let mut pages = Vec::new();
    for file in programs_at(&arguments.positional, Notations::Dunlin) {
        match dunlin::read_source(&file.display().to_string()) {
            Ok(text) => pages.extend(page(&file, &text, shows_private)),
            Err(failure) => return Ok(run::report(&failure)),
        }
    }
    let folder = PathBuf::from(arguments.value("-o --output").unwrap_or("site"));
    if let Err((path, error)) = write(&folder, &pages) {
        return Ok(run::report(&compile::cannot_write(&path, &error)));
    }
    let count: usize = pages.iter().map(|page| page.symbols.len()).sum();
    terminal::print(&format!("{count} declarations of {} files in {}\n", pages.len(), folder.display()));
    Ok(Exit::Success)
}

/// What one file says; nothing where it says nothing.
struct Page {
    title: String,
    file_name: String,
    symbols: Vec<ide::Symbol>,
}

fn page(file: &Path, text: &str, shows_private: bool) -> Option<Page> {
    let mut symbols = ide::symbols(text);
    symbols.retain(|symbol| symbol.public || shows_private);
    let title = file.display().to_string();
    let title = title.trim_start_matches("./").trim_end_matches(".dn").to_string();
    let file_name = title.trim_start_matches(['.', '/']).replace(['/', '\\'], ".") + ".html";
    (!symbols.is_empty()).then_some(Page { title, file_name, symbols })
}

fn write(folder: &Path, pages: &[Page]) -> Result<(), (String, std::io::Error)> {
    let put = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| (path.display().to_string(), error))
    };
    std::fs::create_dir_all(folder).map_err(|error| (folder.display().to_string(), error))?;
    let links: Vec<(&str, &str)> =
        pages.iter().map(|page| (page.file_name.as_str(), page.title.as_str())).collect();
    for page in pages {
        put(&page.file_name, site::page(&page.title, &body(page), &links))?;
    }
    let list = links.iter().map(|(file, title)| {
        format!("<li><a href=\"{}\">{}</a></li>\n", site::escaped(file), site::escaped(title))
    });
    put(
        "index.html",
        site::page("Documentation", &format!("<ul>\n{}</ul>\n", list.collect::<String>()), &links),
    )?;
    put("index.js", search_index(pages))?;
    put("style.css", site::STYLE.to_string())?;
    put("search.js", site::SEARCH.to_string())
}

fn body(page: &Page) -> String {
    let mut out = String::new();
    for symbol in &page.symbols {
        out.push_str(&format!(
            "<section id=\"{0}\">\n<h2><a href=\"#{0}\"><code>{1}</code></a></h2>\n{2}</section>\n",
            site::escaped(&symbol.name),
            site::escaped(&symbol.line),
            site::from_markdown(&symbol.documentation)
        ));
        for child in &symbol.children {
            out.push_str(&format!("<h3><code>{}</code></h3>\n", site::escaped(&child.line)));
        }
    }
    out
}

/// Every name with its page and first sentence, as a script: a page from disk may not read files, but may load one.
fn search_index(pages: &[Page]) -> String {
    let mut entries = Vec::new();
    for page in pages {
        for symbol in &page.symbols {
            let about = symbol.documentation.trim().lines().next().unwrap_or_default();
            entries.push(json!({
                "name": symbol.name,
                "module": page.title,
                "link": format!("{}#{}", page.file_name, symbol.name),
                "about": about,
            }));
        }
    }
    // `</script>` in a text must not end the script.
    format!("const INDEX = {};\n", json!(entries).to_string().replace("</", "<\\/"))
}
