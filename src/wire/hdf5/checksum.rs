//! The checksum of version 2 structures: Bob Jenkins' `lookup3` (`hashlittle`
//! with an initial value of zero).

/// Words of twelve bytes are mixed; the last of one to twelve are final.
const WORD_BYTES: usize = 12;

/// The checksum of these bytes.
pub(super) fn lookup3(bytes: &[u8]) -> u32 {
    let seed = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (seed, seed, seed);
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk::<WORD_BYTES>() {
        if behind.is_empty() {
            break;
        }
        add(word, &mut a, &mut b, &mut c);
        mix(&mut a, &mut b, &mut c);
        rest = behind;
    }
    if rest.is_empty() {
        return c;
    }
    let mut word = [0u8; WORD_BYTES];
    word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    add(&word, &mut a, &mut b, &mut c);
    finish(&mut a, &mut b, &mut c);
    c
}

fn add(word: &[u8; WORD_BYTES], a: &mut u32, b: &mut u32, c: &mut u32) {
    let [p, q, r, s, t, u, v, w, x, y, z, last] = *word;
    *a = a.wrapping_add(u32::from_le_bytes([p, q, r, s]));
    *b = b.wrapping_add(u32::from_le_bytes([t, u, v, w]));
    *c = c.wrapping_add(u32::from_le_bytes([x, y, z, last]));
}

fn mix(a: &mut u32, b: &mut u32, c: &mut u32) {
    let step = |x: &mut u32, y: &mut u32, z: &mut u32, bits: u32| {
        *x = x.wrapping_sub(*z) ^ z.rotate_left(bits);
        *z = z.wrapping_add(*y);
    };
    step(a, b, c, 4);
    step(b, c, a, 6);
    step(c, a, b, 8);
    step(a, b, c, 16);
    step(b, c, a, 19);
    step(c, a, b, 4);
}

fn finish(a: &mut u32, b: &mut u32, c: &mut u32) {
    let step = |x: &mut u32, y: u32, bits: u32| {
        *x = (*x ^ y).wrapping_sub(y.rotate_left(bits));
    };
    step(c, *b, 14);
    step(a, *c, 11);
    step(b, *a, 25);
    step(c, *b, 16);
    step(a, *c, 4);
    step(b, *a, 14);
    step(c, *b, 24);
}

#[cfg(test)]
mod tests {
    use super::lookup3;

    #[test]
    fn published_values_come_out() {
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }
}
