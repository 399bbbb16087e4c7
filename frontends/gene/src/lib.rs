#![forbid(unsafe_code)]
use notation::*;
pub struct Gene;
impl FrontEnd for Gene {
    fn name(&self) -> &'static str {
        "gene"
    }
    fn endings(&self) -> &'static [&'static str] {
        &["gene"]
    }
    fn line_comment(&self) -> &'static str {
        "#"
    }
    fn translate(&self, i: &Input<'_>, _: &mut dyn Surroundings) -> Translation {
        rejected(i.span(0, 0), "not built yet")
    }
}
