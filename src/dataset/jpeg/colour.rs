//! What the samples of a pixel mean, and its red, green and blue.

use super::header::Frame;

/// What application segments say of the colours.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hints {
    /// There is a JFIF segment (APP0).
    pub is_jfif: bool,
    /// The transform in Adobe's segment (APP14): 0 none, 1 Y Cb Cr, 2 Y Cb Cr K.
    pub adobe: Option<u8>,
}

/// The meaning of the components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colours {
    Grey,
    YCbCr,
    Rgb,
    /// Stored inverted, as Adobe's programs do it and all others read it.
    Cmyk,
    /// [`Colours::Cmyk`] whose first three are Y Cb Cr.
    Ycck,
}

impl Colours {
    /// Source: libjpeg's rules (jdapimin.c): a JFIF segment goes before Adobe's, and either before
    /// the names of the components.
    pub fn of(frame: &Frame, hints: Hints) -> Colours {
        let names: Vec<u8> = frame.components.iter().map(|part| part.id).collect();
        match (names.len(), hints.adobe) {
            (1, _) => Colours::Grey,
            (4, None | Some(0)) => Colours::Cmyk,
            (4, Some(_)) => Colours::Ycck,
            _ if hints.is_jfif => Colours::YCbCr,
            (_, Some(0)) => Colours::Rgb,
            (_, None) if names == *b"RGB" => Colours::Rgb,
            _ => Colours::YCbCr,
        }
    }

    /// Turns a row of samples, one slice a component, into pixels.
    #[inline(always)]
    pub fn convert(self, samples: &[&[u8]], pixels: &mut [[u8; 3]]) {
        match (self, samples) {
            (Colours::YCbCr, [y, cb, cr]) => {
                let wide = pixels.len();
                let (y, cb, cr) = (&y[..wide], &cb[..wide], &cr[..wide]);
                for (x, pixel) in pixels.iter_mut().enumerate() {
                    *pixel = to_rgb(y[x], cb[x], cr[x]);
                }
            }
            (Colours::Rgb, [r, g, b]) => {
                for (pixel, ((&r, &g), &b)) in pixels.iter_mut().zip(r.iter().zip(*g).zip(*b)) {
                    *pixel = [r, g, b];
                }
            }
            (_, [a, b, c, k]) => {
                let inks = a.iter().zip(*b).zip(*c).zip(*k);
                for (pixel, (((&a, &b), &c), &k)) in pixels.iter_mut().zip(inks) {
                    let inks = match self {
                        Colours::Ycck => to_rgb(a, b, c).map(|value| 255 - value),
                        _ => [a, b, c],
                    };
                    *pixel = inks.map(|ink| under_black(ink, k));
                }
            }
            _ => {
                for (pixel, &grey) in pixels.iter_mut().zip(samples[0]) {
                    *pixel = [grey; 3];
                }
            }
        }
    }
}

/// Source: JFIF 1.02; the factors are in 65536ths.
#[inline(always)]
fn to_rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y) << 16 | 1 << 15, i32::from(cb) - 128, i32::from(cr) - 128);
    [y + 91_881 * cr, y - 22_554 * cb - 46_802 * cr, y + 116_130 * cb]
        .map(|value| (value >> 16).clamp(0, 255) as u8)
}

/// What is left of the light behind an ink and black, both inverted: their product.
fn under_black(ink: u8, black: u8) -> u8 {
    let product = u32::from(255 - ink) * u32::from(black) + 128;
    let dark = (((product >> 8) + product) >> 8) as u8;
    black - dark.min(black)
}
