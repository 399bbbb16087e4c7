use super::*;
use crate::fuzz::unit_from_bytes;
use crate::unit::Unit;

/// A unit with something in every section.
fn sample() -> Unit {
    let bytes: Vec<u8> = (0..300u32).map(|index| (index * 37 % 251) as u8).collect();
    let mut unit = unit_from_bytes(&bytes);
    unit.imports.push(crate::unit::Import { path: "math".to_string() });
    unit
}

#[test]
fn a_file_reads_back_as_it_was() {
    let unit = sample();
    let file = write(&unit);
    assert_eq!(write(&read(&file).expect("reads")), file);
    assert_eq!(unit_hash(&unit), unit_hash(&read(&file).expect("reads")));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = write(&sample());
    for length in 0..file.len() {
        let error = read(&file[..length]).expect_err("cut off");
        assert!(error.offset <= length.max(HEADER_BYTES), "{length}: {error}");
    }
    let mut longer = file.clone();
    longer.push(0);
    assert!(read(&longer).is_err());
}

/// Where an error about the header as a whole may point.
const HEADER_BYTES: usize = 48;

#[test]
fn a_file_with_any_byte_changed_is_refused() {
    let file = write(&sample());
    for position in 0..file.len() {
        for change in [1, 0x80, 0xFF] {
            let mut changed = file.clone();
            changed[position] ^= change;
            assert!(read(&changed).is_err(), "byte {position}");
        }
    }
}

#[test]
fn bodies_cut_or_changed_anywhere_never_panic_and_never_grow() {
    let unit = sample();
    let body = write_unsealed(&unit);
    for length in 0..body.len() {
        let error = read_unsealed(&body[..length]).expect_err("cut off");
        assert!(error.offset <= length, "{length}: {error}");
    }
    let mut read_back = 0;
    for position in 0..body.len() {
        let here = body[position];
        for value in [0, 1, 2, 0x7F, 0x80, 0xFF, here ^ 1, here.wrapping_add(1)] {
            let mut changed = body.clone();
            changed[position] = value;
            if let Ok(other) = read_unsealed(&changed) {
                // Hashes of functions are rewritten, everything else is the changed body.
                assert_eq!(write_unsealed(&other).len(), body.len());
                read_back += 1;
            }
        }
    }
    assert!(read_back > body.len() * 2, "changes hardly ever read: {read_back}");
}

#[test]
fn function_hashes_tell_behaviour_apart_and_ignore_names() {
    let unit = sample();
    let function = &unit.functions[0];
    let hash = function_hash(function, 1);
    let mut other = function.clone();
    other.name.push('x');
    other.lines.clear();
    other.doc.push('x');
    other.variables.push(crate::unit::Variable::default());
    assert_eq!(function_hash(&other, 1), hash);
    assert_ne!(function_hash(function, 2), hash);
    other.code[0] ^= 1 << 8;
    assert_ne!(function_hash(&other, 1), hash);
    let mut more = function.clone();
    more.constants.push(Constant::Int(1));
    assert_ne!(function_hash(&more, 1), hash);
}

#[test]
fn errors_name_the_offset() {
    assert_eq!(read(b"not bytecode").expect_err("no magic").offset, 0);
    let mut file = write(&sample());
    file[8] = 9;
    assert_eq!(read(&file).expect_err("version").offset, 8);
}

#[test]
fn deep_constants_are_refused_without_recursing_far() {
    // A unit whose one constant is a tuple in a tuple, many times over.
    let mut unit = Unit::default();
    unit.functions.push(Default::default());
    let body = write_unsealed(&unit);
    let with_constant = |bytes: &[u8]| {
        let mut deep = body.clone();
        // The constants of the only function are counted by the first zero behind its empty code.
        let position = body.len() - TAIL_BYTES;
        deep.splice(position..position + 1, [1].iter().chain(bytes).copied());
        read_unsealed(&deep)
    };
    assert!(with_constant(&[0, 2]).is_ok());
    let error = with_constant(&[7, 1].repeat(200_000)).expect_err("too deep");
    assert_eq!(error.problem, "constants are nested too deep");
}

#[test]
fn small_items_cannot_take_much_memory() {
    // Millions of empty tuples, two bytes each.
    let mut unit = Unit::default();
    unit.functions.push(Default::default());
    let body = write_unsealed(&unit);
    let count = 8 << 20;
    let mut bytes = Vec::new();
    codec::Wire::write(&(count as u64), &mut bytes);
    bytes.extend([7, 0].repeat(count));
    let mut large = body.clone();
    let position = body.len() - TAIL_BYTES;
    large.splice(position..position + 1, bytes);
    let error = read_unsealed(&large).expect_err("too much");
    assert_eq!(error.problem, "the section would take too much memory");
}

/// Bytes behind the count of constants in a unit with one empty function: prototypes, captures, handlers, shapes,
/// caches, lines, span (2), doc, variables, hash (32), classes, exports; and the count itself.
const TAIL_BYTES: usize = 1 + 6 + 4 + 32 + 2;
