//! Drives the fuzz targets on a stable compiler.

use proptest::prelude::*;

/// Lines that are nearly programs.
fn lines() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "PUSH_INT 1",
        "PUSH_STR a",
        "PUSH_FLOAT 1.5",
        "TRUE",
        "NULL",
        "DUP",
        "ADD",
        "SUB",
        "DIV",
        "LT",
        "EQ",
        "NOT",
        "STORE x",
        "LOAD x",
        "DELETE x",
        "LABEL a",
        "LABEL b",
        "JMP a",
        "JZ b",
        "JZ a",
        "CALL a x",
        "CALL b",
        "RET",
        "TRY b",
        "END_TRY",
        "THROW",
        "CATCH e",
        "MAKE_LIST 2",
        "INDEX",
        "MAKE_OBJECT",
        "SET_FIELD f",
        "GET_FIELD f",
        "CAPTURE x",
        "MAKE_LAMBDA a y",
        "MAKE_FUNCTION b x y",
        "CALL_FUNCTION",
        "PRINT",
        "HALT",
        "IMPORT m",
        "EXPORT x",
        "SPAWN",
        "SEND 2",
        "SEND",
        "RECEIVE",
        "REGISTER n",
        "DUMP_SCOPE",
        "STORE y",
        "LOAD y",
        "EXIT",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_of_lines(text in lines()) {
        ttvm::fuzz::assembly(format!("{text}\nLABEL a\nLABEL b").as_bytes());
    }

    #[test]
    fn any_text(text in "[ -~\n]{0,200}") {
        ttvm::fuzz::assembly(text.as_bytes());
        ttvm::fuzz::lisp(text.as_bytes());
    }

    #[test]
    fn lisp_like(text in "[()a-c+*=<0-9 \"';#tf!]{0,120}") {
        ttvm::fuzz::lisp(text.as_bytes());
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        ttvm::fuzz::binary(&bytes);
        ttvm::fuzz::assembly(&bytes);
    }

    #[test]
    fn codes_of_the_binary_form(codes in prop::collection::vec(prop::sample::select(vec![3u16, 4, 9, 0x10, 0x21, 0x30, 0x31, 0x33, 0x40, 0xFF]), 0..60)) {
        let mut bytes = Vec::new();
        for code in codes {
            bytes.extend(code.to_le_bytes());
            if matches!(code, 0x30 | 0x31) {
                bytes.extend([0, 0]);
            }
        }
        ttvm::fuzz::binary(&bytes);
    }
}
