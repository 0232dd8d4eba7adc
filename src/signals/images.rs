//! Accounts at rest: their encodings, in blocks of a few sizes.

use super::event::AccountId;
use super::pages::Pages;

/// Blocks begin at multiples of it.
const UNIT: usize = 32;
/// A row is cut into blocks of one size.
const ROW: usize = 64 << 10;
const ROW_UNITS: u32 = (ROW / UNIT) as u32;
/// Rows are taken from the operating system this many at a time, which only gives what is touched of them.
const REGION: usize = 32 << 20;
const REGION_UNITS: u32 = (REGION / UNIT) as u32;
/// So much of the first region stays in small pages.
const SMALL: usize = 4 << 20;

/// Before the encoding stand the id of the account and a word: the encoding's length, and [`WRITTEN`].
const HEAD: usize = 20;
/// The open transaction wrote it.
const WRITTEN: u32 = 1 << 31;
/// In place of the length: the block is not taken.
const FREE: u32 = WRITTEN - 1;

/// Longer ones are rare: they stand by themselves.
const SIZE_MAX: usize = 2048;
const CLASSES: usize = 31;

/// In the number of an image: it stands by itself.
const APART: u32 = 1 << 30;
/// No row; no block.
const NONE: u32 = u32::MAX;

/// An account as [`super::codec::encode`] wrote it, at rest in [`Images`]: not more than its place there, so it must be
/// given back to them.
#[derive(Debug)]
#[must_use]
pub struct Image(u32);

impl Image {
    /// The image of a number that [`Image::number`] gave.
    pub fn of(number: u32) -> Image {
        Image(number)
    }

    /// A number below [`Image::END`].
    pub fn number(&self) -> u32 {
        self.0
    }

    /// Above all numbers.
    pub const END: u32 = 1 << 31;
}

/// A row of blocks of one size.
#[derive(Debug)]
struct Row {
    class: u8,
    /// Blocks that are taken.
    live: u16,
    /// Where blocks begin that were never taken, in units.
    fresh: u16,
    /// The block that was given back last, in units; it tells the one before.
    free: u16,
    /// Neighbours among the rows of this class that have room.
    before: u32,
    after: u32,
}

/// No block.
const NO_BLOCK: u16 = u16::MAX;

impl Row {
    fn new(class: usize) -> Row {
        Row { class: class as u8, live: 0, fresh: 0, free: NO_BLOCK, before: NONE, after: NONE }
    }

    fn units(&self) -> u16 {
        (size_of_class(self.class.into()) / UNIT) as u16
    }

    fn has_room(&self) -> bool {
        self.free != NO_BLOCK || u32::from(self.fresh + self.units()) <= ROW_UNITS
    }
}

/// The images of a store. Each transaction writes a new image for each account that it touched, and gives the old one back
/// a little later; what an allocator does with so many of all sizes, between millions that stay, costs as much as all rules
/// do. Here an image takes the block of its size that was given back last, and a row without images serves any size.
#[derive(Debug)]
pub struct Images {
    regions: Vec<Pages>,
    rows: Vec<Row>,
    /// By size: the first row that has room.
    roomy: [u32; CLASSES],
    /// Rows without images.
    empty: Vec<u32>,
    /// Those that stand by themselves, and which places of them are free.
    apart: Vec<Box<[u8]>>,
    apart_free: Vec<u32>,
    live: usize,
}

impl Default for Images {
    fn default() -> Images {
        Images {
            regions: Vec::new(),
            rows: Vec::new(),
            roomy: [NONE; CLASSES],
            empty: Vec::new(),
            apart: Vec::new(),
            apart_free: Vec::new(),
            live: 0,
        }
    }
}

impl Images {
    /// An image of an account.
    pub fn of(&mut self, id: AccountId, bytes: &[u8]) -> Image {
        let size = HEAD + bytes.len();
        let image = if size <= SIZE_MAX { self.take(class_of(size)) } else { self.take_apart(size) };
        self.live += 1;
        let block = self.block_mut(&image);
        block[..16].copy_from_slice(&id.0);
        block[16..HEAD].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        block[HEAD..size].copy_from_slice(bytes);
        image
    }

    /// Takes what is not needed any more.
    pub fn give_back(&mut self, image: Image) {
        self.live -= 1;
        debug_assert!(self.word(&image) != FREE, "it was given back already");
        if image.0 & APART != 0 {
            let at = image.0 & !APART;
            self.apart[at as usize] = Box::default();
            self.apart_free.push(at);
            return;
        }
        let (at, block) = (image.0 / ROW_UNITS, (image.0 % ROW_UNITS) as u16);
        let row = &mut self.rows[at as usize];
        let had_room = row.has_room();
        let next = std::mem::replace(&mut row.free, block);
        row.live -= 1;
        let is_empty = row.live == 0;
        let bytes = self.block_mut(&image);
        bytes[..2].copy_from_slice(&next.to_le_bytes());
        bytes[16..HEAD].copy_from_slice(&FREE.to_le_bytes());
        match (had_room, is_empty) {
            (true, true) => self.unlink(at),
            (false, false) => self.link(at),
            _ => {}
        }
        if is_empty {
            self.empty.push(at);
        }
    }

    /// Whose it is.
    pub fn id(&self, image: &Image) -> AccountId {
        let (id, _) = self.block(image).split_first_chunk().expect("invariant: a block has a head");
        AccountId(*id)
    }

    /// What was written.
    pub fn bytes(&self, image: &Image) -> &[u8] {
        let len = (self.word(image) & !WRITTEN) as usize;
        &self.block(image)[HEAD..HEAD + len]
    }

    /// How much it takes.
    pub fn size(&self, image: &Image) -> usize {
        let size = HEAD + (self.word(image) & !WRITTEN) as usize;
        if size <= SIZE_MAX { size_of_class(class_of(size)) } else { size }
    }

    /// The open transaction wrote it, or has done with it.
    pub fn set_written(&mut self, image: &Image, is_written: bool) {
        let word = self.word(image) & !WRITTEN | if is_written { WRITTEN } else { 0 };
        self.block_mut(image)[16..HEAD].copy_from_slice(&word.to_le_bytes());
    }

    /// Whether the open transaction wrote it.
    pub fn is_written(&self, image: &Image) -> bool {
        self.word(image) & WRITTEN != 0
    }

    /// How many there are.
    pub fn live(&self) -> usize {
        self.live
    }

    /// A block of a class.
    fn take(&mut self, class: usize) -> Image {
        let at = match self.roomy[class] {
            NONE => self.begin(class),
            at => at,
        };
        let row = &mut self.rows[at as usize];
        row.live += 1;
        let image = if row.free == NO_BLOCK {
            let image = Image(at * ROW_UNITS + u32::from(row.fresh));
            row.fresh += row.units();
            image
        } else {
            let image = Image(at * ROW_UNITS + u32::from(row.free));
            let [low, high, ..] = *self.block(&image) else { unreachable!("a block has a head") };
            self.rows[at as usize].free = u16::from_le_bytes([low, high]);
            image
        };
        if !self.rows[at as usize].has_room() {
            self.unlink(at);
        }
        image
    }

    fn take_apart(&mut self, size: usize) -> Image {
        let at = self.apart_free.pop().unwrap_or_else(|| {
            self.apart.push(Box::default());
            self.apart.len() as u32 - 1
        });
        self.apart[at as usize] = vec![0; size].into();
        Image(APART | at)
    }

    /// A row for one more size, or more of it.
    fn begin(&mut self, class: usize) -> u32 {
        let at = self.empty.pop().unwrap_or_else(|| {
            let at = self.rows.len() as u32;
            if at.is_multiple_of(REGION_UNITS / ROW_UNITS) {
                self.regions.push(Pages::new(REGION, if at == 0 { SMALL } else { 0 }));
            }
            assert!((at + 1) * ROW_UNITS <= APART, "invariant: the accounts of a task take less than 32 GiB");
            self.rows.push(Row::new(class));
            at
        });
        self.rows[at as usize] = Row::new(class);
        self.link(at);
        at
    }

    /// The row has room.
    fn link(&mut self, at: u32) {
        let first = &mut self.roomy[usize::from(self.rows[at as usize].class)];
        let after = std::mem::replace(first, at);
        if after != NONE {
            self.rows[after as usize].before = at;
        }
        let row = &mut self.rows[at as usize];
        (row.before, row.after) = (NONE, after);
    }

    /// The row has no room, or is no row of its class any more.
    fn unlink(&mut self, at: u32) {
        let Row { class, before, after, .. } = self.rows[at as usize];
        match before {
            NONE => self.roomy[usize::from(class)] = after,
            before => self.rows[before as usize].after = after,
        }
        if after != NONE {
            self.rows[after as usize].before = before;
        }
    }

    #[inline]
    fn word(&self, image: &Image) -> u32 {
        let [.., a, b, c, d] = self.block(image)[..HEAD] else { unreachable!("a block has a head") };
        u32::from_le_bytes([a, b, c, d])
    }

    /// What begins with the block of an image.
    #[inline]
    fn block(&self, image: &Image) -> &[u8] {
        match image.0 & APART {
            0 => &self.regions[(image.0 / REGION_UNITS) as usize][(image.0 % REGION_UNITS) as usize * UNIT..],
            _ => &self.apart[(image.0 & !APART) as usize],
        }
    }

    #[inline]
    fn block_mut(&mut self, image: &Image) -> &mut [u8] {
        match image.0 & APART {
            0 => &mut self.regions[(image.0 / REGION_UNITS) as usize][(image.0 % REGION_UNITS) as usize * UNIT..],
            _ => &mut self.apart[(image.0 & !APART) as usize],
        }
    }
}

/// The smallest class for so many bytes, a head included. Classes are an eighth apart, or a unit.
fn class_of(size: usize) -> usize {
    match size {
        0..=512 => size.div_ceil(32).max(2) - 2,
        513..=1024 => 14 + (size - 512).div_ceil(64),
        _ => 22 + (size - 1024).div_ceil(128),
    }
}

fn size_of_class(class: usize) -> usize {
    match class {
        0..=14 => 32 * (class + 2),
        15..=22 => 512 + 64 * (class - 14),
        _ => 1024 + 128 * (class - 22),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_class_is_the_smallest_that_fits() {
        assert_eq!((class_of(SIZE_MAX), size_of_class(CLASSES - 1)), (CLASSES - 1, SIZE_MAX));
        for size in HEAD..=SIZE_MAX {
            let class = class_of(size);
            assert!(size_of_class(class) >= size && (class == 0 || size_of_class(class - 1) < size), "{size} bytes");
        }
    }

    #[test]
    fn what_one_size_gave_back_serves_another() {
        let mut images = Images::default();
        for len in [50, 200, 900, 1500] {
            let many: Vec<Image> =
                (0..20 * ROW / (len + UNIT + HEAD)).map(|_| images.of(AccountId::default(), &vec![1; len])).collect();
            many.into_iter().for_each(|image| images.give_back(image));
            assert!(images.rows.len() <= 24, "{} rows after images of {len} bytes", images.rows.len());
        }
        assert_eq!((images.live(), images.empty.len()), (0, images.rows.len()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_image_is_what_it_was_made_of_as_long_as_it_is_there(
            steps in prop::collection::vec((prop_oneof![0usize..300, 0usize..5_000], any::<prop::sample::Index>(), 0u8..3), 1..150)
        ) {
            let (mut images, mut kept) = (Images::default(), Vec::new());
            for ((len, at, what), n) in steps.into_iter().zip(0u8..=255) {
                if what > 0 || kept.is_empty() {
                    let image = images.of(AccountId([n; 16]), &vec![n; len]);
                    images.set_written(&image, what == 1);
                    prop_assert!(images.size(&image) >= len + HEAD);
                    kept.push((image, n, len, what == 1));
                } else {
                    let at = at.index(kept.len());
                    images.give_back(kept.swap_remove(at).0);
                }
                for (image, n, len, is_written) in &kept {
                    prop_assert_eq!((images.id(image).0, images.bytes(image)), ([*n; 16], &*vec![*n; *len]));
                    prop_assert_eq!(images.is_written(image), *is_written);
                }
            }
            prop_assert_eq!(images.live(), kept.len());
        }
    }
}
