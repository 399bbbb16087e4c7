//! Reports as people see them: `tests/diagnostics/NAME.dn` read gives `NAME.txt`. `UPDATE_EXPECT=1` writes the latter.

use std::path::Path;

use diag::{Color, Sources};

#[test]
fn reports_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/diagnostics");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.extension().is_none_or(|ending| ending != "dn") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a program is text");
        // Programs whose mistakes are not of syntax belong to the corpus alone.
        let mut sources = Sources::new();
        let file = sources.add(name.as_str(), text.as_str());
        let (_, diagnostics) = syntax::parse(&text, file);
        if diagnostics.is_empty() {
            continue;
        }
        let shown: Vec<String> =
            diagnostics.iter().map(|diagnostic| diagnostic.render(&sources, Color::Plain)).collect();
        let shown = shown.join("\n");
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&expected, &shown).expect("the golden file can be written");
        }
        assert_eq!(std::fs::read_to_string(&expected).unwrap_or_default(), shown, "{name}");
        count += 1;
    }
    assert!(count > 30, "only {count} programs");
}
