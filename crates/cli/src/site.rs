//! Pages of the documentation site: the frame around each, and Markdown as HTML.

pub const STYLE: &str = include_str!("site/style.css");
pub const SEARCH: &str = include_str!("site/search.js");

/// A whole page.
pub fn page(title: &str, body: &str, links: &[(&str, &str)]) -> String {
    let links: String = links
        .iter()
        .map(|(file, title)| format!("<a href=\"{}\">{}</a>\n", escaped(file), escaped(title)))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body>\n\
         <nav>\n<a href=\"index.html\">Documentation</a>\n<input id=\"search\" type=\"search\" placeholder=\"Search\" autofocus>\n\
         <div id=\"found\"></div>\n{links}</nav>\n<main>\n<h1>{title}</h1>\n{body}</main>\n\
         <script src=\"index.js\"></script>\n<script src=\"search.js\"></script>\n</body>\n</html>\n",
        title = escaped(title)
    )
}

/// Text as HTML shows it.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Paragraphs, lists, fenced and indented code, and code in a line: what comments use.
pub fn from_markdown(text: &str) -> String {
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut lines = text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).peekable();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("```") {
            end_paragraph(&mut out, &mut paragraph);
            let code: Vec<&str> =
                lines.by_ref().take_while(|line| !line.trim_start().starts_with("```")).collect();
            push_code(&mut out, &code);
        } else if line.starts_with("    ") && paragraph.is_empty() {
            let mut code = vec![line];
            while let Some(next) = lines.next_if(|next| next.starts_with("    ")) {
                code.push(next);
            }
            push_code(&mut out, &code);
        } else if let Some(item) = line.strip_prefix("- ") {
            end_paragraph(&mut out, &mut paragraph);
            out.push_str(&format!("<li>{}</li>\n", with_code(item)));
        } else if line.trim().is_empty() {
            end_paragraph(&mut out, &mut paragraph);
        } else {
            paragraph.push_str(line);
            paragraph.push('\n');
        }
    }
    end_paragraph(&mut out, &mut paragraph);
    out
}

fn push_code(out: &mut String, lines: &[&str]) {
    out.push_str(&format!("<pre><code>{}</code></pre>\n", escaped(&lines.join("\n"))));
}

fn end_paragraph(out: &mut String, paragraph: &mut String) {
    if !paragraph.is_empty() {
        out.push_str(&format!("<p>{}</p>\n", with_code(paragraph.trim_end())));
        paragraph.clear();
    }
}

/// What stands between two backticks is code.
fn with_code(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let pieces = parts.iter().enumerate().map(|(index, part)| match index % 2 {
        1 if index < last => format!("<code>{}</code>", escaped(part)),
        1 => format!("`{}", escaped(part)),
        _ => escaped(part),
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html_and_text_stays_text() {
        let html = from_markdown(" Says `a < b`.\n\n ```\n f(1) // <x>\n ```\n - one\n");
        assert_eq!(
            html,
            "<p>Says <code>a &lt; b</code>.</p>\n<pre><code>f(1) // &lt;x&gt;</code></pre>\n<li>one</li>\n"
        );
        assert_eq!(from_markdown("a ` b"), "<p>a ` b</p>\n");
    }
}
