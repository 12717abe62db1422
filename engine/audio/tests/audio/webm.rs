//! Writes WebM, also such as no browser would, and takes packets out of one.

/// An element of a known size.
pub fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap();
    [id, &[0x08], &size.to_be_bytes(), body].concat()
}

/// An element's head that claims `size` bytes.
pub fn head(id: &[u8], size: u64) -> Vec<u8> {
    [id, &(size | 1 << 56).to_be_bytes()].concat()
}

/// An element's head whose size is not known.
pub fn endless(id: &[u8]) -> Vec<u8> {
    head(id, (1 << 56) - 1)
}

/// The header of Opus.
pub fn opus_head(channels: u8, pre_skip: u16, family: u8) -> Vec<u8> {
    let skip = pre_skip.to_le_bytes();
    [&b"OpusHead\x01"[..], &[channels], &skip, &[0x80, 0xbb, 0, 0, 0, 0, family]].concat()
}

/// The description of track 1: its codec and what belongs to it.
pub fn track(codec: &[u8], private: &[u8]) -> Vec<u8> {
    let number = element(&[0xd7], &[1]);
    let parts = [number, element(&[0x86], codec), element(&[0x63, 0xa2], private)];
    element(&[0xae], &parts.concat())
}

/// A header with these tracks.
pub fn header(tracks: &[u8]) -> Vec<u8> {
    let ebml = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"webm"));
    let tracks = element(&[0x16, 0x54, 0xae, 0x6b], tracks);
    [ebml, endless(&[0x18, 0x53, 0x80, 0x67]), tracks].concat()
}

/// The beginning of a recording with Opus, up to its first block.
pub fn beginning() -> Vec<u8> {
    let header = header(&track(b"A_OPUS", &opus_head(1, 312, 0)));
    [header, endless(&[0x1f, 0x43, 0xb6, 0x75]), element(&[0xe7], &[0])].concat()
}

/// A block of track 1 with these flags.
pub fn block(flags: u8, packet: &[u8]) -> Vec<u8> {
    element(&[0xa3], &[&[0x81, 0, 0, flags], packet].concat())
}

/// A group of a block and nanoseconds at its end that are no sound.
pub fn group(packet: &[u8], padding: i32) -> Vec<u8> {
    let block = element(&[0xa1], &[&[0x81, 0, 0, 0], packet].concat());
    let padding = element(&[0x75, 0xa2], &padding.to_be_bytes());
    element(&[0xa0], &[block, padding].concat())
}
