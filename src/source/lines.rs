//! Lines of files and of standard input.

use std::io::{self, BufRead};

/// Reads lines of at most `max_bytes`; a longer one is skipped to its end and reported as such, so that memory is
/// bounded whatever the input is.
pub struct Lines<R> {
    input: R,
    line: Vec<u8>,
    max_bytes: usize,
    number: u64,
}

/// One line, without its line break (`\n` or `\r\n`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The whole line and the line break that ended it (empty at the end of the input).
    Whole(&'a [u8], &'static [u8]),
    /// The line is longer than the limit.
    TooLong,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `input`.
    pub fn new(input: R, max_bytes: usize) -> Lines<R> {
        Lines { input, line: Vec::new(), max_bytes, number: 0 }
    }

    /// Number of the line that was read last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// Those of the input.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let mut too_long = false;
        let ended = loop {
            let available = self.input.fill_buf()?;
            if available.is_empty() {
                break false;
            }
            let (end, found) = memchr::memchr(b'\n', available).map_or((available.len(), false), |at| (at + 1, true));
            // Two bytes more than the limit: the line break does not count.
            if self.line.len() + end > self.max_bytes + 2 {
                too_long = true;
                self.line.clear();
            } else if !too_long {
                self.line.extend_from_slice(&available[..end]);
            }
            self.input.consume(end);
            if found {
                break true;
            }
        };
        if !ended && self.line.is_empty() && !too_long {
            return Ok(None);
        }
        self.number += 1;
        if too_long {
            return Ok(Some(Line::TooLong));
        }
        let (content, line_break): (&[u8], &'static [u8]) = match self.line.as_slice() {
            [content @ .., b'\r', b'\n'] => (content, b"\r\n"),
            [content @ .., b'\n'] => (content, b"\n"),
            content => (content, b""),
        };
        if content.len() > self.max_bytes {
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(Line::Whole(content, line_break)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8], max_bytes: usize, buffer: usize) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(io::BufReader::with_capacity(buffer, input), max_bytes);
        let mut out = Vec::new();
        while let Some(line) = lines.next_line().expect("memory does not fail") {
            out.push(match line {
                Line::Whole(content, _) => Some(content.to_vec()),
                Line::TooLong => None,
            });
        }
        out
    }

    #[test]
    fn every_line_comes_whole_whatever_the_buffer() {
        for buffer in 1..12 {
            let got = read(b"a\r\n\nlonger\nlast", 6, buffer);
            let want: Vec<Option<Vec<u8>>> = ["a", "", "longer", "last"].map(|l| Some(l.into())).into();
            assert_eq!(got, want, "buffer of {buffer}");
        }
    }

    #[test]
    fn a_line_over_the_limit_is_reported_and_the_next_one_read() {
        for buffer in 1..12 {
            let got = read(b"0123456\nok\n01234567890123456789\nok", 6, buffer);
            assert_eq!(got, [None, Some(b"ok".to_vec()), None, Some(b"ok".to_vec())], "buffer of {buffer}");
        }
    }

    #[test]
    fn line_breaks_are_told() {
        let mut lines = Lines::new(&b"a\r\nb\nc"[..], 10);
        assert_eq!(lines.next_line().expect("reads"), Some(Line::Whole(b"a", b"\r\n")));
        assert_eq!(lines.next_line().expect("reads"), Some(Line::Whole(b"b", b"\n")));
        assert_eq!(lines.next_line().expect("reads"), Some(Line::Whole(b"c", b"")));
        assert_eq!(lines.next_line().expect("reads"), None);
        assert_eq!(lines.number(), 3);
    }
}
