//! A file to a picture that can be drawn at once.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use image::imageops::{self, FilterType};
use image::{DynamicImage, RgbImage};
use ratatui::layout::Size;
use ratatui_image::Resize;
use ratatui_image::picker::{Picker, ProtocolType};
use ratatui_image::protocol::Protocol;

use super::cells::Cells;
use super::graphics::{Graphics, Renderer};
use crate::dataset::{Detail, decode, read_file};
use crate::heatmap::Overlay;
use crate::tui::keys::names::RENDERER;

/// The default of `data.max_megapixels`: larger ones are refused by their header.
const MAX_MEGAPIXELS: usize = 100;

/// Said in place of a picture.
pub fn off() -> String {
    format!("previews are off; {RENDERER} switches them on")
}

/// A picture that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub path: PathBuf,
    /// Room for it in cells: width, height. It is made as large as fits.
    pub room: (u16, u16),
    pub graphics: Graphics,
    /// What is drawn over it.
    pub overlay: Option<Arc<Overlay>>,
}

/// What became of a wanted picture.
pub struct Picture {
    pub wanted: Wanted,
    /// Or the reason why there is none.
    pub content: Result<Content, String>,
}

pub enum Content {
    Cells(Cells),
    /// Of a protocol of the terminal.
    Encoded(Protocol),
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = self.content.as_ref().err();
        f.debug_struct("Picture")
            .field("wanted", &self.wanted)
            .field("problem", &problem)
            .finish_non_exhaustive()
    }
}

impl Picture {
    /// What it takes of memory, about.
    pub fn bytes(&self) -> usize {
        let content = match &self.content {
            Err(problem) => problem.len(),
            Ok(Content::Cells(cells)) => cells.bytes(),
            Ok(Content::Encoded(Protocol::Sixel(sixel))) => sixel.data.len(),
            Ok(Content::Encoded(Protocol::ITerm2(iterm2))) => iterm2.data.len(),
            Ok(Content::Encoded(protocol)) => {
                // Kitty gets four bytes a pixel in base64, which makes 16 of 12.
                let (size, cell) = (protocol.size(), self.wanted.graphics.cell);
                let pixels = |cells: u16, each: u16| usize::from(cells) * usize::from(each);
                pixels(size.width, cell.0) * pixels(size.height, cell.1) * 16 / 3
            }
        };
        size_of::<Picture>() + self.wanted.path.as_os_str().len() + content
    }

    /// Reads, decodes, shrinks and encodes; takes a while.
    pub fn make(wanted: Wanted) -> Picture {
        let content = read(&wanted)
            .and_then(|pixels| encode(&pixels, wanted.room, wanted.graphics))
            .map_err(|reason| format!("no picture: {reason}"));
        Picture { wanted, content }
    }
}

fn read(wanted: &Wanted) -> Result<RgbImage, String> {
    let bytes = read_file(&wanted.path).map_err(|err| err.to_string())?;
    let (room, cell) = (wanted.room, wanted.graphics.cell);
    let (across, down) = match wanted.graphics.renderer {
        Renderer::HalfBlocks | Renderer::Characters => (1, 2),
        _ => cell,
    };
    let pixels = |cells: u16, each: u16| usize::from(cells) * usize::from(each);
    // In pixels, what is drawn is at most as wide and as high as its room.
    let drawn = pixels(room.0, across).min(pixels(room.1, down)).max(1);
    let photo = decode(&bytes, MAX_MEGAPIXELS, Detail::Least(drawn));
    let mut photo = photo.map_err(|err| err.to_string())?;
    match (&wanted.overlay, wanted.graphics.renderer) {
        (Some(overlay), Renderer::Characters) => overlay.lighten(&mut photo),
        (Some(overlay), _) => overlay.colour(&mut photo),
        (None, _) => {}
    }
    Ok(photo)
}

fn encode(pixels: &RgbImage, room: (u16, u16), graphics: Graphics) -> Result<Content, String> {
    let (cell_width, cell_height) = (f64::from(graphics.cell.0), f64::from(graphics.cell.1));
    // How many pixels of the terminal one pixel of the picture may take, so that all fits.
    let scale = f64::min(
        f64::from(room.0) * cell_width / f64::from(pixels.width()),
        f64::from(room.1) * cell_height / f64::from(pixels.height()),
    );
    // `across` and `down`: pixels that are drawn in one cell.
    let scaled = |across: f64, down: f64| {
        let size = |pixels: u32, cell: f64, each: f64| {
            ((f64::from(pixels) * scale / cell * each).round() as u32).max(1)
        };
        let width = size(pixels.width(), cell_width, across);
        let height = size(pixels.height(), cell_height, down);
        resize(pixels, width, height)
    };
    let protocol = match graphics.renderer {
        Renderer::Off => return Err(off()),
        Renderer::HalfBlocks => {
            return Ok(Content::Cells(Cells::half_blocks(&scaled(1.0, 2.0), graphics.depth)));
        }
        Renderer::Characters => return Ok(Content::Cells(Cells::shades(&scaled(1.0, 1.0)))),
        Renderer::Kitty => ProtocolType::Kitty,
        Renderer::Sixel => ProtocolType::Sixel,
        Renderer::Iterm2 => ProtocolType::Iterm2,
    };
    // Kitty gets four bytes a pixel and enlarges pictures itself: a quarter is enough from afar.
    let cell = match graphics.renderer {
        Renderer::Kitty if graphics.is_remote => {
            (graphics.cell.0.div_ceil(2), graphics.cell.1.div_ceil(2))
        }
        _ => graphics.cell,
    };
    let picture = DynamicImage::ImageRgb8(scaled(cell.0.into(), cell.1.into()));
    let room = Size::new(room.0, room.1);
    picker(protocol, cell)
        .new_protocol(picture, room, Resize::Fit(None))
        .map(Content::Encoded)
        .map_err(|err| err.to_string())
}

/// `thumbnail` reads every pixel once, so it is fast for photos; but it cannot enlarge well.
fn resize(pixels: &RgbImage, width: u32, height: u32) -> RgbImage {
    if width <= pixels.width() && height <= pixels.height() {
        imageops::thumbnail(pixels, width, height)
    } else {
        imageops::resize(pixels, width, height, FilterType::Triangle)
    }
}

/// The terminal was asked already, by `Question`; what it said is given on here.
#[expect(deprecated, reason = "the other makers ask the terminal again, or allow half-blocks only")]
pub(super) fn picker(protocol: ProtocolType, cell: (u16, u16)) -> Picker {
    let mut picker = Picker::from_fontsize(cell.into());
    picker.set_protocol_type(protocol);
    picker
}

/// The protocol that environment variables promise.
#[expect(deprecated, reason = "the other makers ask the terminal again, or allow half-blocks only")]
pub(super) fn guess(cell: (u16, u16)) -> ProtocolType {
    Picker::from_fontsize(cell.into()).protocol_type()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::preview::graphics::Depth;

    fn graphics(renderer: Renderer) -> Graphics {
        Graphics { renderer, depth: Depth::True, ..Graphics::default() }
    }

    #[test]
    fn a_picture_fills_its_room_and_keeps_its_shape() {
        let pixels = RgbImage::new(40, 20);
        for (room, size) in [((20, 20), (20, 5)), ((80, 10), (40, 10)), ((2, 20), (2, 1))] {
            let content = encode(&pixels, room, graphics(Renderer::HalfBlocks)).unwrap();
            let Content::Cells(cells) = content else { panic!() };
            assert_eq!(cells.size(), size, "{room:?}");
        }
    }

    #[test]
    fn every_protocol_makes_a_picture_that_fits() {
        let pixels = RgbImage::from_pixel(300, 200, image::Rgb([200, 40, 10]));
        for renderer in [Renderer::Kitty, Renderer::Sixel, Renderer::Iterm2] {
            let content = encode(&pixels, (12, 9), graphics(renderer)).unwrap();
            let Content::Encoded(protocol) = content else { panic!() };
            let size = protocol.size();
            assert!(size.width <= 12 && size.height <= 9, "{renderer:?}: {size:?}");
            assert_eq!(size.width, 12, "{renderer:?}");
        }
    }

    #[test]
    fn a_map_is_drawn_over_the_picture_in_the_ways_that_the_terminal_has() {
        use crate::heatmap::{Frame, Grid};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grey.png");
        RgbImage::from_pixel(20, 20, image::Rgb([128; 3])).save(&path).unwrap();
        let grid = Grid { rows: 1, columns: 2, values: vec![1.0, -1.0] };
        let overlay = Some(Arc::new(Overlay::new(&grid, 1.0, Frame::WHOLE)));
        let read = |renderer| {
            let graphics = graphics(renderer);
            let wanted =
                Wanted { path: path.clone(), room: (10, 10), graphics, overlay: overlay.clone() };
            let pixels = read(&wanted).unwrap();
            [pixels.get_pixel(0, 5).0, pixels.get_pixel(pixels.width() - 1, 5).0]
        };
        let [left, right] = read(Renderer::HalfBlocks);
        assert!(left[0] > 200 && left[2] < 60 && right[2] > 200 && right[0] < 60);
        let [left, right] = read(Renderer::Characters);
        assert!(left[0] == left[2] && left[0] > 150 && right[0] < 40, "{left:?} {right:?}");
    }

    #[test]
    fn what_is_no_picture_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let broken = folder.path().join("broken.jpg");
        std::fs::write(&broken, b"\xff\xd8\xff\xe0 not really").unwrap();
        let said = |path: PathBuf| {
            let graphics = Graphics::default();
            let wanted = Wanted { path, room: (10, 10), graphics, overlay: None };
            Picture::make(wanted).content.err().unwrap()
        };
        assert_eq!(said(folder.path().join("gone.jpg")), "no picture: no such file");
        assert_eq!(said(folder.path().to_owned()), "no picture: not a file but a folder");
        assert!(said(broken).starts_with("no picture: "));
    }
}
