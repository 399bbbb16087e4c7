//! Reads the machine code of the handlers: none may call anything, since a call that returns would let the native
//! stack grow with the program, and the hot ones save no registers on their way.
//!
//! Only code without debug assertions is like that: `cargo test --release -p dunlin-vm --test handlers`.

use std::process::Command;

use bytecode::Op;
use vm::dispatch::{HANDLERS_JUMP, handler_address};
use vm::quick::Quick;

/// Instructions that loops consist of.
const HOT: &[Op] = &[
    Op::Move,
    Op::LoadInt,
    Op::LoadConst,
    Op::Add,
    Op::Sub,
    Op::Mul,
    Op::Div,
    Op::AddImm,
    Op::SubImm,
    Op::MulImm,
    Op::AddConst,
    Op::MulConst,
    Op::Lt,
    Op::Le,
    Op::Eq,
    Op::Jump,
    Op::JumpIfFalse,
    Op::JumpIfTrue,
    Op::Loop,
    Op::LoopIfTrue,
    Op::Index,
    Op::Return,
];
const HOT_QUICK: &[Quick] = &[
    Quick::LtJf,
    Quick::LtImmJf,
    Quick::LeJf,
    Quick::EqImmJf,
    Quick::LtLoop,
    Quick::CallFunction,
    Quick::GetFieldInstance,
];

/// How far this program was moved when it was loaded.
fn load_offset() -> Option<usize> {
    let executable = std::env::current_exe().ok()?;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with(&*executable.to_string_lossy()))?;
    let start = usize::from_str_radix(line.split('-').next()?, 16).ok()?;
    let header = std::fs::read(executable).ok()?;
    // The type of the file: 3 where it may be loaded anywhere.
    Some(if header.get(16) == Some(&3) { start } else { 0 })
}

/// The mnemonics of the handler at an address, up to the jump to the next handler, slow exits behind it included.
fn disassemble(address: usize, offset: usize) -> Option<Vec<String>> {
    let start = address.checked_sub(offset)?;
    let output = Command::new("objdump")
        .args(["-d", "--no-show-raw-insn", &format!("--start-address={start:#x}")])
        .arg(format!("--stop-address={:#x}", start + 1024))
        .arg(std::env::current_exe().ok()?)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // The first symbol is this handler, the next another.
    let mut symbols = text.split(">:\n").skip(1);
    let own = symbols.next()?.split("\n\n").next()?;
    let mnemonics = own.lines().filter_map(|line| line.split('\t').nth(1));
    Some(mnemonics.map(|line| line.split_whitespace().next().unwrap_or("").to_string()).collect())
}

#[test]
fn handlers_call_nothing_and_hot_ones_save_nothing() {
    let is_here = cfg!(all(target_arch = "x86_64", target_os = "linux", not(debug_assertions)));
    let is_known = is_here && HANDLERS_JUMP;
    if !is_known || Command::new("objdump").arg("--version").output().is_err() {
        eprintln!("not looked at: another machine, another kind of build, or no objdump");
        return;
    }
    let offset = load_offset().expect("the program's own mapping");
    let hot = HOT.iter().map(|&op| (op as u8, op.row().mnemonic, true));
    let hot_quick = HOT_QUICK.iter().map(|quick| (quick.byte(), quick.mnemonic(), true));
    let rest = Op::ALL.iter().map(|&op| (op as u8, op.row().mnemonic, false));
    let mut wrong = Vec::new();
    for (byte, name, is_hot) in hot.chain(hot_quick).chain(rest) {
        let code = disassemble(handler_address(byte), offset).expect("objdump reads this program");
        assert!(code.iter().any(|mnemonic| mnemonic == "jmp"), "{name}: no jump in {code:?}");
        let calls = code.iter().any(|mnemonic| mnemonic.starts_with("call"));
        if calls || is_hot && code.iter().any(|mnemonic| mnemonic.starts_with("push")) {
            wrong.push((name, code));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
