//! Pure functions over constants: what `"".join(["o", "s"])` says.
//!
//! Names of imports are hidden by computing them while loading. Whatever such
//! a computation needs (joining, slicing, formatting, decoding) is done here
//! on copies of the constants, with Python's meaning and without running
//! anything. A function that is not in the tables, or arguments that are not
//! constants, give `None`, and the call is judged like any other. Results are
//! bounded by [`TEXT_CAP_BYTES`], those of decoders by [`DECODED_CAP_BYTES`].

mod decode;

/// Longest text or bytes that a computation may give.
pub(super) const TEXT_CAP_BYTES: usize = 64 << 10;

/// Longest bytes that a decoder may be given or may give.
pub(super) const DECODED_CAP_BYTES: usize = 16 << 20;

/// Elements of a list that are computed with.
pub(super) const LIST_CAP: usize = 1 << 14;

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum {
    /// `None`.
    None,
    /// An integer or a boolean.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Elements of a list, a tuple or an iterator.
    List(Vec<Datum>),
    /// `slice(start, stop, step)`.
    Slice([Option<i64>; 3]),
}

/// A pure function.
pub(super) type Function = fn(&[Datum]) -> Option<Datum>;

/// Functions by their path, aliases folded.
const FUNCTIONS: &[(&str, Function)] = &[
    ("_codecs.decode", decode::by_name),
    ("_codecs.encode", decode::to_name),
    ("base64.b16decode", decode::hex),
    ("base64.b32decode", decode::base32),
    ("base64.b64decode", decode::base64),
    ("base64.decodebytes", decode::base64),
    ("base64.decodestring", decode::base64),
    ("base64.standard_b64decode", decode::base64),
    ("base64.urlsafe_b64decode", decode::base64),
    ("binascii.a2b_base64", decode::base64),
    ("binascii.a2b_hex", decode::hex),
    ("binascii.unhexlify", decode::hex),
    ("builtins.bytearray", to_bytes),
    ("builtins.bytes", to_bytes),
    ("builtins.chr", chr),
    ("builtins.format", format_one),
    ("builtins.int", to_int),
    ("builtins.len", length),
    ("builtins.ord", ord),
    ("builtins.str", to_text),
    ("builtins.unichr", chr),
    ("builtins.unicode", to_text),
    ("bz2.decompress", decode::bzip2),
    ("codecs.decode", decode::by_name),
    ("codecs.encode", decode::to_name),
    ("gzip.decompress", decode::gzip),
    ("lzma.decompress", decode::xz),
    ("operator.add", add),
    ("operator.concat", add),
    ("operator.getitem", item),
    ("operator.iadd", add),
    ("operator.iconcat", add),
    ("operator.imod", percent),
    ("operator.imul", times),
    ("operator.mod", percent),
    ("operator.mul", times),
    ("string.join", join_of),
    ("zlib.decompress", decode::zlib),
];

/// Methods of text and bytes; the object is the first argument.
const METHODS: &[(&str, Function)] = &[
    ("__add__", add),
    ("__getitem__", item),
    ("__mod__", percent),
    ("__mul__", times),
    ("capitalize", capitalize),
    ("casefold", lower),
    ("decode", decode::bytes_decode),
    ("encode", decode::text_encode),
    ("format", format),
    ("fromhex", fromhex),
    ("hex", to_hex),
    ("join", join),
    ("lower", lower),
    ("lstrip", lstrip),
    ("removeprefix", remove_prefix),
    ("removesuffix", remove_suffix),
    ("replace", replace),
    ("rstrip", rstrip),
    ("split", split),
    ("strip", strip),
    ("swapcase", swapcase),
    ("title", title),
    ("upper", upper),
];

/// Types whose methods are the ones above.
const TYPES: [&str; 5] = [
    "builtins.str.",
    "builtins.bytes.",
    "builtins.bytearray.",
    "builtins.unicode.",
    "string.",
];

/// Texts that modules hold as constants.
const HELD: &[(&str, &str)] = &[
    ("os.sep", "/"),
    ("string.ascii_letters", LETTERS),
    ("string.ascii_lowercase", "abcdefghijklmnopqrstuvwxyz"),
    ("string.ascii_uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("string.digits", "0123456789"),
    ("string.hexdigits", "0123456789abcdefABCDEF"),
    ("string.punctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ("string.printable", PRINTABLE),
];

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const PRINTABLE: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\
    !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\x0b\x0c";

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|&(_, found)| found)
}

/// The pure function of this path.
pub(super) fn function(path: &str) -> Option<Function> {
    let method = TYPES.iter().find_map(|t| path.strip_prefix(t));
    find(FUNCTIONS, path).or_else(|| find(METHODS, method?))
}

/// The pure method of this name.
pub(super) fn method(name: &str) -> Option<Function> {
    find(METHODS, name)
}

/// The constant that a module holds under this path.
pub(super) fn held(path: &str) -> Option<&'static str> {
    find(HELD, path)
}

/// A text or bytes, unless it is too long.
fn text(text: String) -> Option<Datum> {
    (text.len() <= TEXT_CAP_BYTES).then_some(Datum::Text(text))
}

fn bytes(bytes: Vec<u8>) -> Option<Datum> {
    (bytes.len() <= TEXT_CAP_BYTES).then_some(Datum::Bytes(bytes))
}

/// What iterating over a constant gives.
pub(super) fn iterate(datum: &Datum) -> Option<Vec<Datum>> {
    match datum {
        Datum::List(list) => Some(list.clone()),
        Datum::Text(text) if text.len() <= LIST_CAP => {
            let letters = text.chars();
            Some(letters.map(|c| Datum::Text(c.to_string())).collect())
        }
        Datum::Bytes(bytes) if bytes.len() <= LIST_CAP => {
            let numbers = bytes.iter();
            Some(numbers.map(|&b| Datum::Int(i64::from(b))).collect())
        }
        _ => None,
    }
}

fn chr(args: &[Datum]) -> Option<Datum> {
    match args {
        [Datum::Int(n)] => text(char::from_u32(u32::try_from(*n).ok()?)?.to_string()),
        _ => None,
    }
}

fn ord(args: &[Datum]) -> Option<Datum> {
    match args {
        [Datum::Text(text)] => Some(Datum::Int(i64::from(u32::from(text.chars().next()?)))),
        [Datum::Bytes(bytes)] => Some(Datum::Int(i64::from(*bytes.first()?))),
        _ => None,
    }
}

fn length(args: &[Datum]) -> Option<Datum> {
    let n = match args {
        [Datum::Text(text)] => text.chars().count(),
        [Datum::Bytes(bytes)] => bytes.len(),
        [Datum::List(list)] => list.len(),
        _ => return None,
    };
    i64::try_from(n).ok().map(Datum::Int)
}

fn to_text(args: &[Datum]) -> Option<Datum> {
    match args {
        [] => text(String::new()),
        [one] => text(plain(one)?),
        [Datum::Bytes(_), ..] => decode::bytes_decode(args),
        _ => None,
    }
}

fn to_int(args: &[Datum]) -> Option<Datum> {
    let base = match args.get(1) {
        None => 10,
        Some(Datum::Int(base)) => u32::try_from(*base).ok().filter(|b| (2..=36).contains(b))?,
        Some(_) => return None,
    };
    match args.first()? {
        Datum::Int(n) => Some(Datum::Int(*n)),
        Datum::Text(text) => i64::from_str_radix(text.trim(), base).ok().map(Datum::Int),
        _ => None,
    }
}

fn to_bytes(args: &[Datum]) -> Option<Datum> {
    match args {
        [] => bytes(Vec::new()),
        [Datum::Bytes(given)] => bytes(given.clone()),
        [Datum::Text(_), _, ..] => decode::text_encode(args),
        [Datum::List(list)] => {
            let byte = |datum: &Datum| match datum {
                Datum::Int(n) => u8::try_from(*n).ok(),
                _ => None,
            };
            bytes(list.iter().map(byte).collect::<Option<_>>()?)
        }
        _ => None,
    }
}

fn add(args: &[Datum]) -> Option<Datum> {
    match args {
        [Datum::Text(a), Datum::Text(b)] => text(format!("{a}{b}")),
        [Datum::Bytes(a), Datum::Bytes(b)] => bytes([a.as_slice(), b].concat()),
        [Datum::List(a), Datum::List(b)] => {
            let all = [a.as_slice(), b].concat();
            (all.len() <= LIST_CAP).then_some(Datum::List(all))
        }
        [Datum::Int(a), Datum::Int(b)] => a.checked_add(*b).map(Datum::Int),
        _ => None,
    }
}

fn times(args: &[Datum]) -> Option<Datum> {
    let (datum, n) = match args {
        [Datum::Int(a), Datum::Int(b)] => return a.checked_mul(*b).map(Datum::Int),
        [datum, Datum::Int(n)] | [Datum::Int(n), datum] => {
            (datum, usize::try_from(*n).unwrap_or(0))
        }
        _ => return None,
    };
    let fits = |len: usize| len.checked_mul(n).is_some_and(|all| all <= TEXT_CAP_BYTES);
    match datum {
        Datum::Text(t) if fits(t.len()) => text(t.repeat(n)),
        Datum::Bytes(b) if fits(b.len()) => bytes(b.repeat(n)),
        _ => None,
    }
}

fn join(args: &[Datum]) -> Option<Datum> {
    let [glue, parts] = args else { return None };
    let parts = iterate(parts)?;
    match glue {
        Datum::Text(glue) => {
            let mut all = String::new();
            for (index, part) in parts.iter().enumerate() {
                let Datum::Text(part) = part else { return None };
                if index > 0 {
                    all.push_str(glue);
                }
                all.push_str(part);
                if all.len() > TEXT_CAP_BYTES {
                    return None;
                }
            }
            text(all)
        }
        Datum::Bytes(glue) => {
            let piece = |part: &Datum| match part {
                Datum::Bytes(part) => Some(part.clone()),
                _ => None,
            };
            let parts: Vec<Vec<u8>> = parts.iter().map(piece).collect::<Option<_>>()?;
            bytes(parts.join(glue.as_slice()))
        }
        _ => None,
    }
}

/// `string.join(parts, glue)` of Python 2.
fn join_of(args: &[Datum]) -> Option<Datum> {
    let glue = args.get(1).cloned().unwrap_or(Datum::Text(" ".to_owned()));
    join(&[glue, args.first()?.clone()])
}

fn map_text(args: &[Datum], change: impl Fn(&str) -> String) -> Option<Datum> {
    match args.first()? {
        Datum::Text(t) => text(change(t)),
        Datum::Bytes(b) => bytes(change(std::str::from_utf8(b).ok()?).into_bytes()),
        _ => None,
    }
}

fn lower(args: &[Datum]) -> Option<Datum> {
    map_text(args, str::to_lowercase)
}

fn upper(args: &[Datum]) -> Option<Datum> {
    map_text(args, str::to_uppercase)
}

fn swapcase(args: &[Datum]) -> Option<Datum> {
    let swap = |c: char| match c.is_uppercase() {
        true => c.to_ascii_lowercase(),
        false => c.to_ascii_uppercase(),
    };
    map_text(args, |t| t.chars().map(swap).collect())
}

fn capitalize(args: &[Datum]) -> Option<Datum> {
    map_text(args, |t| {
        let mut letters = t.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        first + &letters.as_str().to_lowercase()
    })
}

fn title(args: &[Datum]) -> Option<Datum> {
    map_text(args, |t| {
        let mut inside = false;
        let change = |c: char| {
            let out = if inside {
                c.to_ascii_lowercase()
            } else {
                c.to_ascii_uppercase()
            };
            inside = c.is_alphabetic();
            out
        };
        t.chars().map(change).collect()
    })
}

/// The letters that a `strip` takes off: blanks, or those of its argument.
fn stripped(args: &[Datum], front: bool, back: bool) -> Option<Datum> {
    let set: Option<Vec<char>> = match args.get(1) {
        None | Some(Datum::None) => None,
        Some(Datum::Text(set)) => Some(set.chars().collect()),
        Some(Datum::Bytes(set)) => Some(set.iter().map(|&b| char::from(b)).collect()),
        Some(_) => return None,
    };
    let goes = |c: char| match &set {
        Some(set) => set.contains(&c),
        None => c.is_whitespace(),
    };
    map_text(args, |t| {
        let t = if front { t.trim_start_matches(goes) } else { t };
        let t = if back { t.trim_end_matches(goes) } else { t };
        t.to_owned()
    })
}

fn strip(args: &[Datum]) -> Option<Datum> {
    stripped(args, true, true)
}

fn lstrip(args: &[Datum]) -> Option<Datum> {
    stripped(args, true, false)
}

fn rstrip(args: &[Datum]) -> Option<Datum> {
    stripped(args, false, true)
}

fn remove_prefix(args: &[Datum]) -> Option<Datum> {
    let gone = plain(args.get(1)?)?;
    map_text(args, |t| {
        t.strip_prefix(gone.as_str()).unwrap_or(t).to_owned()
    })
}

fn remove_suffix(args: &[Datum]) -> Option<Datum> {
    let gone = plain(args.get(1)?)?;
    map_text(args, |t| {
        t.strip_suffix(gone.as_str()).unwrap_or(t).to_owned()
    })
}

fn replace(args: &[Datum]) -> Option<Datum> {
    let (old, new) = (plain(args.get(1)?)?, plain(args.get(2)?)?);
    let len = |d: &Datum| match d {
        Datum::Text(t) => t.len(),
        Datum::Bytes(b) => b.len(),
        _ => 0,
    };
    let most = len(args.first()?)
        .saturating_add(1)
        .saturating_mul(new.len().max(1));
    if most > TEXT_CAP_BYTES.saturating_mul(16) {
        return None;
    }
    let count = match args.get(3) {
        Some(Datum::Int(n)) => usize::try_from(*n).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    map_text(args, |t| t.replacen(old.as_str(), &new, count))
}

fn split(args: &[Datum]) -> Option<Datum> {
    let parts: Vec<&str> = match args {
        [Datum::Text(t)] | [Datum::Text(t), Datum::None] => t.split_whitespace().collect(),
        [Datum::Text(t), Datum::Text(by)] if !by.is_empty() => t.split(by.as_str()).collect(),
        _ => return None,
    };
    let words = parts.iter().map(|w| Datum::Text((*w).to_owned()));
    (parts.len() <= LIST_CAP).then(|| Datum::List(words.collect()))
}

fn fromhex(args: &[Datum]) -> Option<Datum> {
    decode::hex(&[args.last()?.clone()])
}

fn to_hex(args: &[Datum]) -> Option<Datum> {
    match args {
        [Datum::Bytes(b)] => text(b.iter().map(|b| format!("{b:02x}")).collect()),
        _ => None,
    }
}

/// A constant as `str` shows it.
fn plain(datum: &Datum) -> Option<String> {
    match datum {
        Datum::None => Some("None".to_owned()),
        Datum::Int(n) => Some(n.to_string()),
        Datum::Text(t) => Some(t.clone()),
        Datum::Bytes(b) => std::str::from_utf8(b).ok().map(str::to_owned),
        Datum::List(_) | Datum::Slice(_) => None,
    }
}

fn format_one(args: &[Datum]) -> Option<Datum> {
    match args {
        [one] => text(plain(one)?),
        [one, Datum::Text(spec)] if spec.is_empty() || spec == "s" => text(plain(one)?),
        [Datum::Int(n), Datum::Text(spec)] if spec == "c" => chr(&[Datum::Int(*n)]),
        _ => None,
    }
}

/// `"{}{1}".format(…)` without attributes and keywords.
fn format(args: &[Datum]) -> Option<Datum> {
    let (Datum::Text(pattern), given) = args.split_first()? else {
        return None;
    };
    let mut out = String::new();
    let mut next = 0usize;
    let mut rest = pattern.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(rest.get(..at)?);
        let tail = rest.get(at..)?;
        if let Some(behind) = tail.strip_prefix("{{").or_else(|| tail.strip_prefix("}}")) {
            out.push_str(tail.get(..1)?);
            rest = behind;
            continue;
        }
        let (field, behind) = tail.strip_prefix('{')?.split_once('}')?;
        let (field, spec) = field.split_once(':').unwrap_or((field, ""));
        let (field, _) = field.split_once('!').unwrap_or((field, ""));
        let index = match field {
            "" => {
                next = next.saturating_add(1);
                next.saturating_sub(1)
            }
            number => number.parse().ok()?,
        };
        let spec = Datum::Text(spec.to_owned());
        let Datum::Text(shown) = format_one(&[given.get(index)?.clone(), spec])? else {
            return None;
        };
        out.push_str(&shown);
        if out.len() > TEXT_CAP_BYTES {
            return None;
        }
        rest = behind;
    }
    out.push_str(rest);
    text(out)
}

/// `pattern % arguments`, and the modulo of numbers.
fn percent(args: &[Datum]) -> Option<Datum> {
    let (pattern, given) = match args {
        [Datum::Int(a), Datum::Int(b)] => return a.checked_rem_euclid(*b).map(Datum::Int),
        [pattern, Datum::List(given)] => (pattern, given.clone()),
        [pattern, one] => (pattern, vec![one.clone()]),
        _ => return None,
    };
    let pattern = plain(pattern)?;
    let mut given = given.into_iter();
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        match letters.next()? {
            '%' => out.push('%'),
            's' | 'd' | 'i' => out.push_str(&plain(&given.next()?)?),
            'c' => match given.next()? {
                Datum::Int(n) => out.push(char::from_u32(u32::try_from(n).ok()?)?),
                other => out.push_str(&plain(&other)?),
            },
            _ => return None,
        }
        if out.len() > TEXT_CAP_BYTES {
            return None;
        }
    }
    match args.first()? {
        Datum::Bytes(_) => bytes(out.into_bytes()),
        _ => text(out),
    }
}

fn item(args: &[Datum]) -> Option<Datum> {
    match args {
        [Datum::Text(t), Datum::Int(n)] => {
            let letters: Vec<char> = t.chars().collect();
            text(letters.get(place(*n, letters.len())?)?.to_string())
        }
        [Datum::Bytes(b), Datum::Int(n)] => {
            let byte = *b.get(place(*n, b.len())?)?;
            Some(Datum::Int(i64::from(byte)))
        }
        [Datum::List(l), Datum::Int(n)] => l.get(place(*n, l.len())?).cloned(),
        [Datum::Text(t), Datum::Slice(cut)] => {
            let letters: Vec<char> = t.chars().collect();
            text(slice(&letters, *cut)?.into_iter().collect())
        }
        [Datum::Bytes(b), Datum::Slice(cut)] => bytes(slice(b, *cut)?),
        [Datum::List(l), Datum::Slice(cut)] => Some(Datum::List(slice(l, *cut)?)),
        _ => None,
    }
}

/// An index as Python counts it, from the end where it is negative.
pub(super) fn place(index: i64, len: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

fn slice<T: Clone>(list: &[T], [start, stop, step]: [Option<i64>; 3]) -> Option<Vec<T>> {
    let len = i64::try_from(list.len()).ok()?;
    let step = step.unwrap_or(1);
    if step == 0 {
        return None;
    }
    let (low, high) = if step > 0 {
        (0, len)
    } else {
        (-1, len.checked_sub(1)?)
    };
    let bound = |given: Option<i64>, default: i64| match given {
        None => default,
        Some(n) if n < 0 => n.saturating_add(len).clamp(low, high),
        Some(n) => n.clamp(low, high),
    };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let (mut at, stop) = (bound(start, first), bound(stop, last));
    let mut out = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        out.push(list.get(usize::try_from(at).ok()?)?.clone());
        at = at.saturating_add(step);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Datum {
        Datum::Text(text.to_owned())
    }

    fn list(parts: &[Datum]) -> Datum {
        Datum::List(parts.to_vec())
    }

    fn run(path: &str, args: &[Datum]) -> Option<Datum> {
        function(path).unwrap_or_else(|| panic!("{path} is no function"))(args)
    }

    /// Compared with CPython 3.11.
    #[test]
    fn functions_mean_what_python_means() {
        let parts = list(&[t("o"), t("s")]);
        let back = Datum::Slice([None, None, Some(-1)]);
        for (path, args, wanted) in [
            ("builtins.str.join", vec![t("-"), parts.clone()], t("o-s")),
            ("builtins.str.join", vec![t("."), t("ab")], t("a.b")),
            ("operator.add", vec![t("o"), t("s")], t("os")),
            (
                "operator.mod",
                vec![
                    t("%s%c%%%d"),
                    list(&[t("o"), Datum::Int(115), Datum::Int(3)]),
                ],
                t("os%3"),
            ),
            ("operator.mod", vec![t("%stem"), t("sys")], t("system")),
            (
                "builtins.str.format",
                vec![t("{1}{0}{{}}"), t("s"), t("o")],
                t("os{}"),
            ),
            (
                "builtins.str.format",
                vec![t("{}{}"), t("o"), t("s")],
                t("os"),
            ),
            (
                "builtins.str.replace",
                vec![t("oXXs"), t("XX"), t("")],
                t("os"),
            ),
            (
                "operator.getitem",
                vec![t("metsys"), back.clone()],
                t("system"),
            ),
            (
                "operator.getitem",
                vec![t("xosx"), Datum::Slice([Some(1), Some(-1), None])],
                t("os"),
            ),
            ("operator.getitem", vec![t("abc"), Datum::Int(-1)], t("c")),
            (
                "operator.getitem",
                vec![parts.clone(), Datum::Int(1)],
                t("s"),
            ),
            (
                "operator.getitem",
                vec![Datum::Bytes(b"abc".to_vec()), back],
                Datum::Bytes(b"cba".to_vec()),
            ),
            (
                "builtins.str.split",
                vec![t("os,system"), t(",")],
                list(&[t("os"), t("system")]),
            ),
            ("builtins.chr", vec![Datum::Int(111)], t("o")),
            ("builtins.ord", vec![t("o")], Datum::Int(111)),
            (
                "builtins.int",
                vec![t("6f"), Datum::Int(16)],
                Datum::Int(111),
            ),
            (
                "builtins.bytes",
                vec![list(&[Datum::Int(111), Datum::Int(115)])],
                Datum::Bytes(b"os".to_vec()),
            ),
            (
                "builtins.bytes",
                vec![t("os"), t("ascii")],
                Datum::Bytes(b"os".to_vec()),
            ),
            (
                "builtins.str",
                vec![Datum::Bytes(b"os".to_vec()), t("ascii")],
                t("os"),
            ),
            ("builtins.str.strip", vec![t("xxosx"), t("x")], t("os")),
            ("builtins.str.lower", vec![t("OS")], t("os")),
            ("builtins.str.swapcase", vec![t("oS")], t("Os")),
            ("builtins.str.title", vec![t("net work")], t("Net Work")),
            ("builtins.str.removeprefix", vec![t("xos"), t("x")], t("os")),
            (
                "builtins.bytes.fromhex",
                vec![t("6f 73")],
                Datum::Bytes(b"os".to_vec()),
            ),
            (
                "builtins.bytes.hex",
                vec![Datum::Bytes(b"os".to_vec())],
                t("6f73"),
            ),
            ("operator.mul", vec![t("ab"), Datum::Int(2)], t("abab")),
            ("string.join", vec![parts, t("")], t("os")),
        ] {
            assert_eq!(run(path, &args), Some(wanted), "{path} {args:?}");
        }
    }

    #[test]
    fn what_is_no_constant_or_too_long_is_not_computed() {
        assert!(function("os.system").is_none());
        assert!(function("builtins.eval").is_none());
        let long = t(&"x".repeat(TEXT_CAP_BYTES));
        assert_eq!(run("operator.add", &[long.clone(), t("x")]), None);
        assert_eq!(
            run("operator.mul", &[long.clone(), Datum::Int(i64::MAX)]),
            None
        );
        assert_eq!(run("builtins.str.join", &[long, t("xyz")]), None);
        assert_eq!(run("operator.getitem", &[t("ab"), Datum::Int(9)]), None);
        assert_eq!(
            run(
                "operator.getitem",
                &[t(""), Datum::Slice([None, None, Some(-1)])]
            ),
            Some(t(""))
        );
        assert_eq!(run("operator.mod", &[t("%"), t("x")]), None);
        assert_eq!(
            run("builtins.str.format", &[t("{0.__class__}"), t("x")]),
            None
        );
        assert_eq!(run("builtins.chr", &[Datum::Int(-1)]), None);
    }
}
