//! Memory for what is looked up at random among very much: zeros at first, in large pages of the operating system.

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// What the processor's table of pages holds of a large one: below this much memory there is nothing to gain.
const LARGE: usize = 2 << 20;

/// Zeroed memory that takes what was touched of it. It comes from the operating system and not from the allocator, so
/// that it may stand in pages of 2 MiB: with pages of 4 KiB nearly each look into hundreds of megabytes waits for the page's
/// address, too.
#[derive(Debug)]
pub struct Pages(MmapMut);

impl Pages {
    /// So many bytes. The first `small` of them stay in small pages: most that has little never needs more.
    pub fn new(bytes: usize, small: usize) -> Pages {
        let pages = MmapMut::map_anon(bytes).expect("invariant: there is memory, as for any allocation");
        #[cfg(target_os = "linux")]
        if bytes >= small + LARGE {
            // A kernel without large pages refuses: then it is slower.
            let _ = pages.advise_range(memmap2::Advice::HugePage, small, bytes - small);
        }
        Pages(pages)
    }
}

impl Deref for Pages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Pages {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
