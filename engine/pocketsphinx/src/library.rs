//! The engine's C library: what is called of it, and nothing else. The only unsafe code there is.
//!
//! **Invariants.** Each signature is that of `pocketsphinx.h` and `sphinxbase/cmd_ln.h` of the
//! versions whose libraries are named [`SPHINX`] and [`BASE`]; these names change with the binary
//! interface. A [`Decoder`] owns its `ps_decoder_t`: it is made by `ps_init`, never null, used by
//! one thread at a time (`&mut`), and freed once, before the libraries are closed. No pointer that
//! C gives outlives the call that gave it: texts are copied at once.
//!
//! **Pitfalls.** The library ends the process where it finds a model's file broken. It is called in
//! a process of its own only.
#![expect(unsafe_code, reason = "calling C; reviewed, and nowhere else")]

use std::ffi::{CStr, CString, c_char, c_double, c_int, c_void};
use std::ptr::{self, NonNull};

use libloading::{Library, Symbol};

/// The engine.
pub(crate) const SPHINX: &str = "libpocketsphinx.so.3";
/// What it is built on.
pub(crate) const BASE: &str = "libsphinxbase.so.3";

type Pointer = *mut c_void;

/// The functions that are called.
#[derive(Clone, Copy)]
struct Functions {
    init: unsafe extern "C" fn(Pointer) -> Pointer,
    free: unsafe extern "C" fn(Pointer) -> c_int,
    start: unsafe extern "C" fn(Pointer) -> c_int,
    end: unsafe extern "C" fn(Pointer) -> c_int,
    process: unsafe extern "C" fn(Pointer, *const i16, usize, c_int, c_int) -> c_int,
    text: unsafe extern "C" fn(Pointer, *mut i32) -> *const c_char,
    probability: unsafe extern "C" fn(Pointer) -> i32,
    logarithms: unsafe extern "C" fn(Pointer) -> Pointer,
    power: unsafe extern "C" fn(Pointer, c_int) -> c_double,
}

/// An engine that is loaded.
pub(crate) struct Decoder {
    decoder: NonNull<c_void>,
    functions: Functions,
    /// Closed when dropped, after the decoder was freed: fields are dropped after `drop`.
    _libraries: [Library; 2],
}

/// Why there is no engine.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A library is not there, or not the one expected.
    Library(libloading::Error),
    /// The engine does not take the model.
    Model,
}

impl Decoder {
    /// Loads the libraries, and a model as `arguments` say: names of options and their values in
    /// turn. Holds no NUL.
    pub(crate) fn load(arguments: &[&str]) -> Result<Self, Fault> {
        // SAFETY: both are libraries of the system, whose constructors do nothing but set up the C
        // library; they stay open as long as anything of them is used.
        let base = unsafe { Library::new(BASE) }.map_err(Fault::Library)?;
        // SAFETY: as above.
        let sphinx = unsafe { Library::new(SPHINX) }.map_err(Fault::Library)?;
        // SAFETY: the types are those of the headers.
        let found = unsafe { find(&base, &sphinx) }.map_err(Fault::Library)?;
        let (functions, parse, definitions, set_log) = found;
        let texts = arguments.iter().map(|text| CString::new(*text));
        let texts = texts.collect::<Result<Vec<_>, _>>().map_err(|_| Fault::Model)?;
        let program = c"quintet".as_ptr().cast_mut();
        let mut pointers: Vec<*mut c_char> = vec![program];
        pointers.extend(texts.iter().map(|text| text.as_ptr().cast_mut()));
        let count = c_int::try_from(pointers.len()).map_err(|_| Fault::Model)?;
        pointers.push(ptr::null_mut());
        // SAFETY: no log means no log. `pointers` holds `count` texts that live until the end of
        // the call, which copies them and writes to none. `ps_init` takes what the call made, or
        // null, which it refuses.
        let decoder = unsafe {
            set_log(ptr::null_mut());
            let options = parse(ptr::null_mut(), definitions(), count, pointers.as_mut_ptr(), 1);
            if options.is_null() { ptr::null_mut() } else { (functions.init)(options) }
        };
        let decoder = NonNull::new(decoder).ok_or(Fault::Model)?;
        Ok(Self { decoder, functions, _libraries: [sphinx, base] })
    }

    /// Begins an utterance. Whether it could.
    pub(crate) fn start(&mut self) -> bool {
        // SAFETY: the decoder is alive and ours alone.
        unsafe { (self.functions.start)(self.decoder.as_ptr()) >= 0 }
    }

    /// Hears a piece of the utterance. Whether it could.
    pub(crate) fn process(&mut self, samples: &[i16]) -> bool {
        // SAFETY: as in `start`; the samples live until the end of the call, which reads so many.
        let read = unsafe {
            (self.functions.process)(self.decoder.as_ptr(), samples.as_ptr(), samples.len(), 0, 0)
        };
        read >= 0
    }

    /// Ends the utterance. Whether it could.
    pub(crate) fn end(&mut self) -> bool {
        // SAFETY: as in `start`.
        unsafe { (self.functions.end)(self.decoder.as_ptr()) >= 0 }
    }

    /// What is understood so far.
    pub(crate) fn text(&mut self) -> Option<String> {
        // SAFETY: as in `start`; no score is asked for. The text ends with NUL, is alive until the
        // next call, and is copied before.
        unsafe {
            let text = (self.functions.text)(self.decoder.as_ptr(), ptr::null_mut());
            (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
        }
    }

    /// How probable the text of an utterance that ended is, from 0 to 1.
    pub(crate) fn probability(&mut self) -> f64 {
        // SAFETY: as in `start`; the table of logarithms is the decoder's own, and lives as long.
        unsafe {
            let logarithm = (self.functions.probability)(self.decoder.as_ptr());
            let table = (self.functions.logarithms)(self.decoder.as_ptr());
            if table.is_null() { 0.0 } else { (self.functions.power)(table, logarithm) }
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: made by `ps_init`, freed here alone.
        unsafe { (self.functions.free)(self.decoder.as_ptr()) };
    }
}

type Parse = unsafe extern "C" fn(Pointer, Pointer, c_int, *mut *mut c_char, c_int) -> Pointer;
type Definitions = unsafe extern "C" fn() -> Pointer;
type SetLog = unsafe extern "C" fn(Pointer);

/// Looks the functions up.
///
/// # Safety
/// The libraries must be those whose headers the types were taken from.
unsafe fn find(
    base: &Library,
    sphinx: &Library,
) -> Result<(Functions, Parse, Definitions, SetLog), libloading::Error> {
    /// One function; as safe to call as its type is right.
    ///
    /// # Safety
    /// `T` must be the function's type.
    unsafe fn get<T: Copy>(library: &Library, name: &CStr) -> Result<T, libloading::Error> {
        // SAFETY: the caller's.
        let symbol: Symbol<'_, T> = unsafe { library.get(name.to_bytes_with_nul()) }?;
        Ok(*symbol)
    }
    // SAFETY: the types are those of the headers, by the caller's word.
    unsafe {
        let functions = Functions {
            init: get(sphinx, c"ps_init")?,
            free: get(sphinx, c"ps_free")?,
            start: get(sphinx, c"ps_start_utt")?,
            end: get(sphinx, c"ps_end_utt")?,
            process: get(sphinx, c"ps_process_raw")?,
            text: get(sphinx, c"ps_get_hyp")?,
            probability: get(sphinx, c"ps_get_prob")?,
            logarithms: get(sphinx, c"ps_get_logmath")?,
            power: get(base, c"logmath_exp")?,
        };
        let parse = get(base, c"cmd_ln_parse_r")?;
        Ok((functions, parse, get(sphinx, c"ps_args")?, get(base, c"err_set_logfp")?))
    }
}
