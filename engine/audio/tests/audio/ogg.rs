//! Writes Ogg, also such as no recorder would, and takes packets out of one.

/// The serial number of what is written here.
const SERIAL: u32 = 0x51;

/// The packets of a well-formed Ogg, those of the header first.
pub fn packets(mut ogg: &[u8]) -> Vec<Vec<u8>> {
    let (mut packets, mut packet) = (Vec::new(), Vec::new());
    while !ogg.is_empty() {
        let segments = usize::from(ogg[26]);
        let (table, mut body) = ogg[27..].split_at(segments);
        for segment in table {
            let (part, rest) = body.split_at(usize::from(*segment));
            packet.extend_from_slice(part);
            body = rest;
            if *segment < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        ogg = body;
    }
    packets
}

/// A page. `kind`: 1 goes on, 2 begins, 4 ends.
pub fn page(
    serial: u32,
    number: u32,
    kind: u8,
    granule: u64,
    table: &[u8],
    body: &[u8],
) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(kind);
    page.extend_from_slice(&granule.to_le_bytes());
    page.extend_from_slice(&serial.to_le_bytes());
    page.extend_from_slice(&number.to_le_bytes());
    page.extend_from_slice(&[0; 4]);
    page.push(u8::try_from(table.len()).unwrap());
    page.extend_from_slice(table);
    page.extend_from_slice(body);
    seal(&mut page);
    page
}

/// Puts the right checksum into a page.
pub fn seal(page: &mut [u8]) {
    page[22..26].fill(0);
    let sum = page.iter().fold(0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 }
        })
    });
    page[22..26].copy_from_slice(&sum.to_le_bytes());
}

/// The segments of a packet.
fn segments(packet: &[u8]) -> Vec<u8> {
    let mut table = vec![255; packet.len() / 255];
    table.push(u8::try_from(packet.len() % 255).unwrap());
    table
}

/// Pages that hold so many packets each; those of the header have a page of their own.
pub fn pages(packets: &[Vec<u8>], a_page: usize) -> Vec<Vec<u8>> {
    let (head, sound) = packets.split_at(2);
    let pages = head.chunks(1).chain(sound.chunks(a_page)).enumerate();
    let pages = pages.map(|(number, packets)| {
        let table: Vec<u8> = packets.iter().flat_map(|packet| segments(packet)).collect();
        let number = u32::try_from(number).unwrap();
        let (kind, granule) = (if number == 0 { 2 } else { 0 }, u64::from(number) * 4_800);
        page(SERIAL, number, kind, granule, &table, &packets.concat())
    });
    pages.collect()
}

/// The same in one piece.
pub fn file(packets: &[Vec<u8>], a_page: usize) -> Vec<u8> {
    pages(packets, a_page).concat()
}

/// Pages of so many segments each, so that packets go on from one to the next.
pub fn pages_in_segments(packets: &[Vec<u8>], a_page: usize) -> Vec<Vec<u8>> {
    let (head, sound) = packets.split_at(2);
    let mut pages = self::pages(head, 1);
    let table: Vec<u8> = sound.iter().flat_map(|packet| segments(packet)).collect();
    let (mut body, mut goes_on) = (&sound.concat()[..], false);
    for table in table.chunks(a_page) {
        let (now, rest) = body.split_at(table.iter().map(|segment| usize::from(*segment)).sum());
        let number = u32::try_from(pages.len()).unwrap();
        let granule = if table.iter().all(|segment| *segment == 255) { u64::MAX } else { 960 };
        pages.push(page(SERIAL, number, u8::from(goes_on), granule, table, now));
        (body, goes_on) = (rest, table.last() == Some(&255));
    }
    pages
}

/// The same in one piece.
pub fn file_in_segments(packets: &[Vec<u8>], a_page: usize) -> Vec<u8> {
    pages_in_segments(packets, a_page).concat()
}
