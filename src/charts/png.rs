//! A: Turns our own SVG into PNG. Takes no picture from anybody else, reads no file and loads no font.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The SVG does not read.
    #[error("the picture does not read: {0}")]
    Unreadable(#[from] resvg::usvg::Error),
    /// No memory for so many dots.
    #[error("no room for {0} by {0} dots")]
    TooLarge(u32),
    /// The dots do not encode.
    #[error("the picture does not encode: {0}")]
    Unencodable(String),
}

/// A square picture `size_px` dots wide. Takes 4 bytes a dot beside the result.
///
/// # Errors
/// [`PngError`].
pub fn render(svg: &str, size_px: u32) -> Result<Vec<u8>, PngError> {
    let tree = Tree::from_str(svg, &Options::default())?;
    let scale = size_px as f32 / tree.size().width();
    let mut dots = Pixmap::new(size_px, size_px).ok_or(PngError::TooLarge(size_px))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut dots.as_mut());
    dots.encode_png().map_err(|error| PngError::Unencodable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_size_and_the_colours_asked_for() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10' width='10' height='10'>\
                   <style>.a{color:#f00}@media (prefers-color-scheme:dark){.a{color:#0f0}}</style>\
                   <path class='a' d='M0 0h10v10h-10z' fill='currentColor'/></svg>";
        let png = render(svg, 40).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let dots = Pixmap::decode_png(&png).unwrap();
        assert_eq!((dots.width(), dots.height()), (40, 40));
        let dot = dots.pixel(20, 20).unwrap();
        assert_eq!((dot.red(), dot.green(), dot.blue(), dot.alpha()), (255, 0, 0, 255));
        assert!(render("<svg", 40).is_err());
    }
}
