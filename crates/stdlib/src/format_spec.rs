//! Format specs, `"${x:>8.2f}"`: the mini-language of Python's `format`, as plain text in and out.
//!
//! `[[fill]align][sign][#][0][width][grouping][.precision][kind]`. Nothing here knows values: `formatting.rs` gives
//! digits and gets the laid-out text. Width and precision are limited, since a spec can come from anywhere.

/// Neither width nor precision goes beyond this.
pub const SPEC_SIZE_MAX: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    Centre,
    /// Between the sign and the digits.
    AfterSign,
}

/// What stands before a number that is not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Nothing,
    Plus,
    Space,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    pub fill: char,
    pub align: Option<Align>,
    pub sign: Sign,
    /// `#`: a prefix such as `0x`.
    pub alternate: bool,
    pub width: usize,
    pub grouping: Option<char>,
    pub precision: Option<usize>,
    pub kind: Option<char>,
}

impl Spec {
    /// Reads a spec; the error is a sentence about it.
    pub fn parse(text: &str) -> Result<Spec, String> {
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        let mut spec = Spec {
            fill: ' ',
            align: None,
            sign: Sign::Nothing,
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        };
        if let Some(align) = chars.get(1).and_then(|&c| align_of(c)) {
            spec.fill = chars[0];
            spec.align = Some(align);
            at = 2;
        } else if let Some(align) = chars.first().and_then(|&c| align_of(c)) {
            spec.align = Some(align);
            at = 1;
        }
        if let Some(&sign @ ('+' | '-' | ' ')) = chars.get(at) {
            spec.sign = match sign {
                '+' => Sign::Plus,
                ' ' => Sign::Space,
                _ => Sign::Nothing,
            };
            at += 1;
        }
        if chars.get(at) == Some(&'#') {
            spec.alternate = true;
            at += 1;
        }
        if chars.get(at) == Some(&'0') {
            if spec.align.is_none() {
                spec.fill = '0';
                spec.align = Some(Align::AfterSign);
            }
            at += 1;
        }
        spec.width = read_number(&chars, &mut at, text)?.unwrap_or(0);
        if let Some(&separator @ (',' | '_')) = chars.get(at) {
            spec.grouping = Some(separator);
            at += 1;
        }
        if chars.get(at) == Some(&'.') {
            at += 1;
            let precision = read_number(&chars, &mut at, text)?;
            spec.precision =
                Some(precision.ok_or_else(|| format!("format spec {text:?}: a number must follow the dot"))?);
        }
        if let Some(&kind) = chars.get(at) {
            spec.kind = Some(kind);
            at += 1;
        }
        if at < chars.len() || spec.kind.is_some_and(|kind| !"bcdeEfFgGosxX%".contains(kind)) {
            return Err(format!(
                "format spec {text:?} is not [[fill]align][sign][#][0][width][,][.precision][kind]"
            ));
        }
        Ok(spec)
    }

    /// A text laid out to the width; a precision cuts it.
    pub fn lay_out_text(&self, text: &str) -> Result<String, String> {
        if self.kind.is_some_and(|kind| kind != 's')
            || self.align == Some(Align::AfterSign)
            || self.grouping.is_some()
        {
            return Err("this format spec is for numbers, the value is none".to_string());
        }
        match self.precision {
            Some(precision) => {
                let cut: String = text.chars().take(precision).collect();
                Ok(self.pad(&cut, Align::Left))
            }
            None => Ok(self.pad(text, Align::Left)),
        }
    }

    /// A number laid out to the width. `digits` has neither sign nor prefix; digits before a point or an exponent are
    /// grouped by `group` where the spec asks for it.
    pub fn lay_out_number(&self, negative: bool, prefix: &str, digits: &str, group: usize) -> String {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Sign::Plus) => "+",
            (false, Sign::Space) => " ",
            (false, Sign::Nothing) => "",
        };
        let grouped = match self.grouping {
            Some(separator) => group_digits(digits, separator, group),
            None => digits.to_string(),
        };
        if self.align == Some(Align::AfterSign) {
            let used = sign.len() + prefix.len() + grouped.chars().count();
            let fill: String = std::iter::repeat_n(self.fill, self.width.saturating_sub(used)).collect();
            return format!("{sign}{prefix}{fill}{grouped}");
        }
        self.pad(&format!("{sign}{prefix}{grouped}"), Align::Right)
    }

    /// A Float by this spec's kind. Without kind and precision it is written as `repr` writes it.
    pub fn lay_out_float(&self, number: f64) -> String {
        let negative = number.is_sign_negative() && !number.is_nan();
        let size = number.abs();
        let digits = if !number.is_finite() {
            if number.is_nan() { "nan".to_string() } else { "inf".to_string() }
        } else {
            match self.kind {
                Some('e' | 'E') => exponent_digits(size, self.precision.unwrap_or(6)),
                Some('f' | 'F') => format!("{:.*}", self.precision.unwrap_or(6), size),
                Some('%') => format!("{:.*}%", self.precision.unwrap_or(6), size * 100.0),
                Some('g' | 'G') => general_digits(size, self.precision.unwrap_or(6), self.alternate),
                Some(_) | None => match self.precision {
                    Some(precision) => general_digits(size, precision, false),
                    None => format!("{size:?}"),
                },
            }
        };
        let digits = if matches!(self.kind, Some('E' | 'G')) { digits.to_uppercase() } else { digits };
        self.lay_out_number(negative, "", &digits, 3)
    }

    fn pad(&self, text: &str, default: Align) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        if missing == 0 {
            return text.to_string();
        }
        let left = match self.align.unwrap_or(default) {
            Align::Left => 0,
            Align::Right | Align::AfterSign => missing,
            Align::Centre => missing / 2,
        };
        let mut out = String::with_capacity(text.len() + missing * self.fill.len_utf8());
        out.extend(std::iter::repeat_n(self.fill, left));
        out.push_str(text);
        out.extend(std::iter::repeat_n(self.fill, missing - left));
        out
    }
}

fn align_of(letter: char) -> Option<Align> {
    match letter {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Centre),
        '=' => Some(Align::AfterSign),
        _ => None,
    }
}

fn read_number(chars: &[char], at: &mut usize, text: &str) -> Result<Option<usize>, String> {
    let start = *at;
    let mut number = 0usize;
    while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
        number = number * 10 + digit as usize;
        if number > SPEC_SIZE_MAX {
            return Err(format!("format spec {text:?}: no width or precision above {SPEC_SIZE_MAX}"));
        }
        *at += 1;
    }
    Ok((*at > start).then_some(number))
}

/// `digits` with a separator between groups before the point.
fn group_digits(digits: &str, separator: char, group: usize) -> String {
    let whole = digits.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(whole);
    let mut out = String::with_capacity(digits.len() * 2);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(group) {
            out.push(separator);
        }
        out.push(digit);
    }
    out.push_str(rest);
    out
}

/// `1.5e+03`: the exponent has a sign and at least two digits.
fn exponent_digits(size: f64, precision: usize) -> String {
    let text = format!("{size:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').expect("invariant: Rust writes an exponent");
    let exponent: i32 = exponent.parse().expect("invariant: Rust writes a decimal exponent");
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// At most `precision` significant digits, with an exponent where the number is very large or small.
fn general_digits(size: f64, precision: usize, keep_zeros: bool) -> String {
    let precision = precision.max(1);
    let scientific = exponent_digits(size, precision - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("invariant: written with an exponent");
    let value: i64 = exponent.parse().expect("invariant: written with a decimal exponent");
    if value < -4 || value >= precision as i64 {
        let mantissa = if keep_zeros { mantissa } else { without_zeros(mantissa) };
        return format!("{mantissa}e{exponent}");
    }
    let places = (precision as i64 - 1 - value) as usize;
    let fixed = format!("{size:.places$}");
    if keep_zeros { fixed } else { without_zeros(&fixed).to_string() }
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_float(spec: &str, number: f64, expect: &str) {
        assert_eq!(Spec::parse(spec).expect("a spec").lay_out_float(number), expect);
    }

    #[test]
    fn floats_follow_python() {
        check_float(".2f", 2.6543, "2.65");
        check_float(">8.2f", 2.6543, "    2.65");
        check_float("08.2f", -2.6543, "-0002.65");
        check_float(".1e", 1500.0, "1.5e+03");
        check_float(".0%", 0.5, "50%");
        check_float("g", 1e-5, "1e-05");
        check_float("g", 123456789.0, "1.23457e+08");
        check_float(".3", 2.6543, "2.65");
        check_float(",.2f", 1234567.891, "1,234,567.89");
        check_float("+", 1.0, "+1.0");
        check_float("6", f64::NAN, "   nan");
        check_float("G", 1e20, "1E+20");
    }

    #[test]
    fn texts_and_errors() {
        let lay = |spec: &str, text: &str| Spec::parse(spec).and_then(|spec| spec.lay_out_text(text));
        assert_eq!(lay("*^5", "x").as_deref(), Ok("**x**"));
        assert_eq!(lay("é>3", "x").as_deref(), Ok("ééx"));
        assert_eq!(lay(".2", "héllo").as_deref(), Ok("hé"));
        assert!(lay("d", "x").is_err());
        assert!(Spec::parse("99999999999999999999").is_err());
        assert!(Spec::parse("5q").is_err());
        assert!(Spec::parse("5dd").is_err());
        assert!(Spec::parse("5.").is_err());
    }

    #[test]
    fn numbers_are_grouped_and_prefixed() {
        let spec = Spec::parse("#010x").expect("a spec");
        assert_eq!(spec.lay_out_number(false, "0x", "ff", 4), "0x000000ff");
        let spec = Spec::parse("_").expect("a spec");
        assert_eq!(spec.lay_out_number(true, "", "1234567", 3), "-1_234_567");
    }
}
