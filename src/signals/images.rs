//! Accounts at rest: their encodings, and those that are not needed any more, to be used again.

/// Images take a multiple of this many bytes: so most of them find one of their size that is not needed any more.
const STEP: usize = 32;
/// Most bytes that wait to be used again: what some ten thousand accounts take.
const KEPT_BYTES: usize = 4 << 20;
/// Longer ones are rare.
const LENGTH_MAX: usize = 2048;

/// In the last byte: the open transaction wrote it.
const WRITTEN: u8 = 0x80;

/// An account as [`super::codec::encode`] wrote it, filled up to a whole number of steps: the last byte tells how much of it
/// is filling.
#[derive(Debug)]
pub struct Image(Box<[u8]>);

impl Image {
    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        &self.0[..self.0.len() - self.filling()]
    }

    /// How much it takes.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// The beginning of what was written, without a look at the end, which is not in the same line of the cache.
    pub fn start(&self) -> &[u8] {
        &self.0
    }

    /// The open transaction wrote it, or has done with it.
    pub fn set_written(&mut self, is_written: bool) {
        if let Some(last) = self.0.last_mut() {
            *last = *last & !WRITTEN | if is_written { WRITTEN } else { 0 };
        }
    }

    /// Whether the open transaction wrote it.
    pub fn is_written(&self) -> bool {
        self.0.last().is_some_and(|last| last & WRITTEN != 0)
    }

    fn filling(&self) -> usize {
        self.0.last().map_or(0, |&last| (last & !WRITTEN).into())
    }

    fn fill(&mut self, bytes: &[u8]) {
        let size = self.0.len();
        self.0[..bytes.len()].copy_from_slice(bytes);
        self.0[size - 1] = (size - bytes.len()) as u8;
    }
}

/// Images that are not needed any more, by their size. Each transaction writes a new image for each account that it
/// touched, and frees the old one a little later; what an allocator does with so many, between millions that stay, costs as
/// much as all rules do.
#[derive(Debug)]
pub struct Images {
    free: [Vec<Image>; LENGTH_MAX / STEP + 1],
    bytes: usize,
}

impl Default for Images {
    fn default() -> Images {
        Images { free: [const { Vec::new() }; LENGTH_MAX / STEP + 1], bytes: 0 }
    }
}

impl Images {
    /// An image of these bytes.
    pub fn of(&mut self, bytes: &[u8]) -> Image {
        // The filling is one byte at least, which tells its length.
        let steps = bytes.len() / STEP + 1;
        let mut image = match self.free.get_mut(steps).and_then(Vec::pop) {
            Some(image) => {
                self.bytes -= image.size();
                image
            }
            None => Image(vec![0; steps * STEP].into()),
        };
        image.fill(bytes);
        image
    }

    /// Takes what is not needed any more.
    pub fn give_back(&mut self, image: Image) {
        let size = image.size();
        if self.bytes + size <= KEPT_BYTES
            && let Some(same) = self.free.get_mut(size / STEP)
        {
            same.push(image);
            self.bytes += size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_what_it_was_made_of_and_not_too_many_are_kept() {
        let mut images = Images::default();
        for len in [0, 7, STEP - 1, STEP, LENGTH_MAX, LENGTH_MAX + 1, 100_000] {
            let first = images.of(&vec![9; len]);
            images.give_back(first);
            assert_eq!(images.of(&vec![5; len]).bytes(), vec![5; len]);
        }
        assert_eq!(images.bytes, 0);
        let many: Vec<Image> = (0..2 * KEPT_BYTES / 1000).map(|_| images.of(&[1; 1000])).collect();
        many.into_iter().for_each(|image| images.give_back(image));
        assert!(images.bytes <= KEPT_BYTES && images.bytes > KEPT_BYTES / 2, "{} bytes", images.bytes);
    }
}
