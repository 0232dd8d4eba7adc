//! Accounts at rest: their encodings, and those that are not needed any more, to be used again.

/// An account as [`super::codec::encode`] wrote it.
pub type Image = Box<[u8]>;

/// Most bytes that wait to be used again: what a few thousand accounts take.
const KEPT_BYTES: usize = 2 << 20;
/// Longer ones are rare.
const LENGTH_MAX: usize = 2048;

/// Images that are not needed any more, by their length. Each transaction writes a new image for each account that it
/// touched, and frees the old one a little later; what an allocator does with so many, between millions that stay, costs as
/// much as all rules do.
#[derive(Debug)]
pub struct Images {
    free: Vec<Vec<Image>>,
    bytes: usize,
}

impl Default for Images {
    fn default() -> Images {
        Images { free: vec![Vec::new(); LENGTH_MAX + 1], bytes: 0 }
    }
}

impl Images {
    /// An image of these bytes.
    pub fn of(&mut self, bytes: &[u8]) -> Image {
        let Some(mut image) = self.free.get_mut(bytes.len()).and_then(Vec::pop) else { return bytes.into() };
        self.bytes -= image.len();
        image.copy_from_slice(bytes);
        image
    }

    /// Takes what is not needed any more.
    pub fn give_back(&mut self, image: Image) {
        let len = image.len();
        if self.bytes + len <= KEPT_BYTES
            && let Some(same) = self.free.get_mut(len)
        {
            same.push(image);
            self.bytes += len;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_what_it_was_made_of_and_not_too_many_are_kept() {
        let mut images = Images::default();
        for len in [0, 7, LENGTH_MAX, LENGTH_MAX + 1] {
            images.give_back(vec![9; len].into());
            assert_eq!(*images.of(&vec![5; len]), vec![5; len]);
        }
        assert_eq!(images.bytes, 0);
        (0..2 * KEPT_BYTES / 1000).for_each(|_| images.give_back(vec![1; 1000].into()));
        assert!(images.bytes <= KEPT_BYTES && images.bytes > KEPT_BYTES / 2, "{} bytes", images.bytes);
    }
}
