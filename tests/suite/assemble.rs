//! Opcode text to pickle bytes, so that no hostile pickle is stored as such.
//!
//! One opcode a line by its name in `pickletools`, then its operand as it is
//! written in the stream's own terms:
//!
//! ```text
//! # a comment
//! PROTO 4
//! FRAME auto            up to and with the next STOP, or a number
//! SHORT_BINUNICODE "os" escapes: \n \r \t \\ \" \xNN
//! GLOBAL os system
//! STRING 'text'         the line as it is, for opcodes with a line
//! BININT1 3
//! LONG1 -7
//! RAW 00 ff             any bytes
//! ZEROS 65536           so many zeros
//! LENGTH 5              the next length is 5, whatever is true
//! ```

use modelaudit::wire::pickle::opcode::{self, Layout};

/// The bytes that `text` describes.
///
/// # Panics
///
/// On text that is no opcode text, with its line number: a fixture must be
/// repaired, not skipped.
pub fn assemble(text: &str) -> Vec<u8> {
    let mut out = Assembly::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(why) = out.line(line) {
            panic!("line {}: {why}: {line}", index + 1);
        }
    }
    out.finish()
}

#[derive(Default)]
struct Assembly {
    bytes: Vec<u8>,
    /// Where the length of an open automatic frame stands.
    frame: Option<usize>,
    length: Option<u64>,
}

impl Assembly {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let (name, operand) = line.split_once(' ').unwrap_or((line, ""));
        let operand = operand.trim();
        match name {
            "RAW" => {
                self.bytes.extend(hex(operand)?);
                return Ok(());
            }
            "ZEROS" => {
                let count = usize::try_from(number(operand)?).map_err(|e| e.to_string())?;
                self.bytes.resize(self.bytes.len() + count, 0);
                return Ok(());
            }
            "LENGTH" => {
                self.length = Some(number(operand)? as u64);
                return Ok(());
            }
            _ => {}
        }
        let entry = opcode::by_name(name).ok_or("no such opcode")?;
        self.bytes.push(entry.byte);
        self.operand(entry.layout, operand)?;
        if name == "STOP" {
            self.close_frame();
        }
        Ok(())
    }

    fn operand(&mut self, layout: Layout, text: &str) -> Result<(), String> {
        match layout {
            Layout::None => {
                if !text.is_empty() {
                    return Err("an operand where there is none".to_owned());
                }
            }
            Layout::U1 => self.fixed(number(text)?, 1),
            Layout::U2 => self.fixed(number(text)?, 2),
            Layout::U4 | Layout::I4 => self.fixed(number(text)?, 4),
            Layout::U8 if text == "auto" => {
                self.close_frame();
                self.frame = Some(self.bytes.len());
                self.fixed(0, 8);
            }
            Layout::U8 => self.fixed(number(text)?, 8),
            Layout::F8 => {
                let value: f64 = text.parse().map_err(|_| "no float")?;
                self.bytes.extend(value.to_be_bytes());
            }
            Layout::Long1 => self.counted(&long(number(text)?), 1),
            Layout::Long4 => self.counted(&long(number(text)?), 4),
            Layout::String1 | Layout::Text1 | Layout::Bytes1 => self.counted(&quoted(text)?, 1),
            Layout::String4 | Layout::Text4 | Layout::Bytes4 => self.counted(&quoted(text)?, 4),
            Layout::Text8 | Layout::Bytes8 => self.counted(&quoted(text)?, 8),
            Layout::TwoLines => {
                let (module, name) = text.split_once(' ').ok_or("module and name")?;
                for part in [module, name] {
                    self.bytes.extend(part.bytes());
                    self.bytes.push(b'\n');
                }
            }
            Layout::QuotedLine
            | Layout::UnicodeLine
            | Layout::TextLine
            | Layout::IndexLine
            | Layout::IntLine
            | Layout::LongLine
            | Layout::FloatLine => {
                self.bytes.extend(text.bytes());
                self.bytes.push(b'\n');
            }
        }
        Ok(())
    }

    fn fixed(&mut self, value: i128, width: usize) {
        self.bytes.extend(&value.to_le_bytes()[..width]);
    }

    fn counted(&mut self, body: &[u8], width: usize) {
        let length = self.length.take().unwrap_or(body.len() as u64);
        self.fixed(i128::from(length), width);
        self.bytes.extend(body);
    }

    fn close_frame(&mut self) {
        if let Some(at) = self.frame.take() {
            let length = (self.bytes.len() - at - 8) as u64;
            self.bytes[at..at + 8].copy_from_slice(&length.to_le_bytes());
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.close_frame();
        self.bytes
    }
}

fn number(text: &str) -> Result<i128, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("no number: {text}"))
}

/// Two's complement in as few bytes as it takes; none for zero.
fn long(value: i128) -> Vec<u8> {
    let mut bytes = value.to_le_bytes().to_vec();
    while let [.., next, last] = bytes[..] {
        let spare = if next >= 0x80 { 0xff } else { 0 };
        if last != spare {
            break;
        }
        bytes.pop();
    }
    if bytes == [0] { Vec::new() } else { bytes }
}

fn hex(text: &str) -> Result<Vec<u8>, String> {
    text.split_whitespace()
        .map(|pair| u8::from_str_radix(pair, 16).map_err(|_| format!("no byte: {pair}")))
        .collect()
}

fn quoted(text: &str) -> Result<Vec<u8>, String> {
    let body = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .ok_or("a text in double quotes")?;
    let mut out = Vec::new();
    let mut bytes = body.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'x') => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).map_err(|_| "no byte")?;
                out.extend(hex(&digits)?);
            }
            Some(other @ (b'\\' | b'"')) => out.push(other),
            _ => return Err("an escape that is none".to_owned()),
        }
    }
    Ok(out)
}
