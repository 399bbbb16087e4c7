//! The form as text, for tests and for a person who debugs a pass.

use std::fmt::Write;

use bytecode::Format;

use super::{Code, Inst};

/// One line for each instruction, blocks in layout order.
pub fn dump(code: &Code) -> String {
    let mut text = format!("fn {} ({} registers)\n", code.name, code.registers);
    for &id in &code.order {
        let block = code.block(id);
        let _ = write!(text, "b{}:", id.0);
        if let Some(region) = block.region {
            let _ = write!(text, " in r{}", region.0);
        }
        text.push('\n');
        for inst in &block.insts {
            let _ = writeln!(text, "    {}", line(code, inst));
        }
        if let Some(next) = block.next {
            let _ = writeln!(text, "    -> b{}", next.0);
        }
    }
    for (index, region) in code.regions.iter().enumerate() {
        let kind = if region.finally { "finally" } else { "catch" };
        let _ = writeln!(text, "r{index}: {kind} b{} with {}", region.target.0, region.register);
    }
    text
}

fn line(code: &Code, inst: &Inst) -> String {
    let mut text = format!("{} {}", inst.op.row().mnemonic, inst.a);
    match inst.format() {
        Format::Call | Format::CallConst | Format::CallMethod => {
            let _ = write!(text, " ({} arguments)", inst.b);
        }
        _ => {
            let _ = write!(text, " {} {}", inst.b, inst.c);
        }
    }
    match inst.format() {
        Format::WriteConst
        | Format::ReadType
        | Format::WriteClass
        | Format::WriteReadType
        | Format::WriteReadText
        | Format::WriteReadBounds
        | Format::WriteReadConst
        | Format::CallConst
        | Format::CallMethod
        | Format::GetField
        | Format::SetField => {
            let constant = code.constants.get(inst.d as usize);
            let _ = write!(text, " {constant:?}");
        }
        _ => {
            let _ = write!(text, " {}", inst.d);
        }
    }
    if let Some(target) = inst.target {
        let _ = write!(text, " => b{}", target.0);
    }
    text
}
