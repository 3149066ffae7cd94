//! Values as words, for [`SeqLock`](super::SeqLock).

use crate::sync::atomic::{AtomicU64, Ordering};

/// A value that can be taken apart into words and put together again.
///
/// A [`SeqLock`](super::SeqLock) stores the words, each in an atomic, and so is free of data races by construction. There is nothing unsafe
/// about it: padding, pointers and invalid values cannot come up, since nobody looks at the bytes of the value.
/// The compiler makes plain moves of it.
///
/// Integers, floats, `bool`, `char`, and arrays and pairs of them are words already. For a type of your own:
///
/// ```
/// use racecourse::lock::{SeqLock, Words};
///
/// #[derive(Clone, Copy, PartialEq, Debug)]
/// struct Quote {
///     bid: f64,
///     ask: f64,
///     sold_out: bool,
/// }
///
/// impl Words for Quote {
///     type Array = [u64; 3];
///
///     fn to_words(self) -> [u64; 3] {
///         [self.bid.to_bits(), self.ask.to_bits(), self.sold_out.into()]
///     }
///
///     fn from_words([bid, ask, sold_out]: [u64; 3]) -> Self {
///         Self {
///             bid: f64::from_bits(bid),
///             ask: f64::from_bits(ask),
///             sold_out: sold_out != 0,
///         }
///     }
/// }
///
/// let quote = Quote { bid: 9.5, ask: 10.0, sold_out: false };
/// assert_eq!(SeqLock::new(quote).read(), quote);
/// ```
pub trait Words: Copy {
    /// `[u64; N]`, for as many words as the value takes.
    type Array: WordArray;

    /// Takes the value apart.
    fn to_words(self) -> Self::Array;

    /// Puts it together again. Only called with what [`to_words`](Self::to_words) has returned for some value.
    fn from_words(words: Self::Array) -> Self;
}

/// `[u64; N]`. Nothing else implements it.
pub trait WordArray: Copy + sealed::Sealed {}

pub(super) mod sealed {
    pub trait Sealed: Sized {
        /// The same words, each in an atomic.
        type Cells;

        fn cells(self) -> Self::Cells;
        fn load(cells: &Self::Cells) -> Self;
        fn store(self, cells: &Self::Cells);
    }
}

impl<const N: usize> WordArray for [u64; N] {}

impl<const N: usize> sealed::Sealed for [u64; N] {
    type Cells = [AtomicU64; N];

    fn cells(self) -> Self::Cells {
        self.map(AtomicU64::new)
    }

    #[inline]
    fn load(cells: &Self::Cells) -> Self {
        // ORDERING: Acquire; pairs with the Release stores below: who sees a new word sees that a change was under way.
        std::array::from_fn(|n| cells[n].load(Ordering::Acquire))
    }

    #[inline]
    fn store(self, cells: &Self::Cells) {
        for (cell, word) in cells.iter().zip(self) {
            // ORDERING: Release; pairs with the Acquire loads above.
            cell.store(word, Ordering::Release);
        }
    }
}

/// What fits into one word.
macro_rules! scalars {
    ($($type:ty: |$value:ident| $to:expr, |$word:ident| $from:expr;)*) => {$(
        impl Words for $type {
            type Array = [u64; 1];

            #[inline]
            fn to_words(self) -> [u64; 1] {
                let $value = self;
                [$to]
            }

            #[inline]
            fn from_words([$word]: [u64; 1]) -> Self {
                $from
            }
        }

        impl<const N: usize> Words for [$type; N] {
            type Array = [u64; N];

            #[inline]
            fn to_words(self) -> [u64; N] {
                self.map(|$value| $to)
            }

            #[inline]
            fn from_words(words: [u64; N]) -> Self {
                words.map(|$word| $from)
            }
        }
    )*};
}

scalars! {
    u8: |value| value.into(), |word| word as u8;
    u16: |value| value.into(), |word| word as u16;
    u32: |value| value.into(), |word| word as u32;
    u64: |value| value, |word| word;
    usize: |value| value as u64, |word| word as usize;
    i8: |value| value as u64, |word| word as i8;
    i16: |value| value as u64, |word| word as i16;
    i32: |value| value as u64, |word| word as i32;
    i64: |value| value as u64, |word| word as i64;
    isize: |value| value as u64, |word| word as isize;
    f32: |value| value.to_bits().into(), |word| f32::from_bits(word as u32);
    f64: |value| value.to_bits(), |word| f64::from_bits(word);
    bool: |value| value.into(), |word| word != 0;
    char: |value| u32::from(value).into(), |word| char::from_u32(word as u32).expect("it was a char");
}

impl<A, B> Words for (A, B)
where
    A: Words<Array = [u64; 1]>,
    B: Words<Array = [u64; 1]>,
{
    type Array = [u64; 2];

    #[inline]
    fn to_words(self) -> [u64; 2] {
        let ([first], [second]) = (self.0.to_words(), self.1.to_words());
        [first, second]
    }

    #[inline]
    fn from_words([first, second]: [u64; 2]) -> Self {
        (A::from_words([first]), B::from_words([second]))
    }
}
