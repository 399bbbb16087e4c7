use diag::*;
fn main(){
 let mut quiet=false;
 for a in std::env::args().skip(1){ if a=="-q"{quiet=true;continue}
  let text=if let Some(t)=a.strip_prefix("-e"){t.to_string()}else{std::fs::read_to_string(&a).unwrap()};
  let mut s=Sources::new(); let f=s.add(a.clone(),text.clone());
  let t=syntax::Tree::parse(&text,f);
  assert_eq!(t.text(&text),text);
  if a.starts_with("-e"){println!("{:#?}",t.file);}
  for d in &t.diagnostics{ println!("{}",d.render(&s,Color::Plain)); }
  if !quiet && t.diagnostics.is_empty(){println!("ok {a}");}
 }}
