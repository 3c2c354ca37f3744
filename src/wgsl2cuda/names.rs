//! Names of the CUDA text: WGSL's own where C++ lets them stand.
//! Everything the translator brings itself lives in namespace `wg`, so little else has to be kept free.

use std::{collections::HashSet, sync::LazyLock};

use naga::{
    FastHashMap, Module,
    proc::{CaseInsensitiveKeywordSet, KeywordSet, NameKey, Namer},
};

/// C++17 to C++20, CUDA's and NVRTC's own words, and what the emitted text uses outside of its namespaces.
const RESERVED: &str = "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t \
    char32_t class compl concept const consteval constexpr constinit const_cast continue co_await co_return co_yield \
    decltype default delete do double dynamic_cast else enum explicit export extern false float for friend goto if \
    inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public \
    register reinterpret_cast requires return short signed sizeof static static_assert static_cast struct switch \
    template this thread_local throw true try typedef typeid typename union unsigned using virtual void volatile \
    wchar_t while xor xor_eq restrict typeof final override import module main wg wg_host shader dynamic_shared \
    threadIdx blockIdx blockDim gridDim warpSize dim3 uint3 size_t ptrdiff_t nullptr_t NULL INFINITY NAN assert \
    offsetof linux unix";

static KEYWORDS: LazyLock<KeywordSet> = LazyLock::new(|| RESERVED.split_whitespace().collect());

/// The names of a module's things, and a source of fresh ones.
pub(super) struct Names {
    namer: Namer,
    given: FastHashMap<NameKey, String>,
}

impl Names {
    pub(super) fn new(module: &Module) -> Names {
        let mut namer = Namer::default();
        let mut given = FastHashMap::default();
        let insensitive = CaseInsensitiveKeywordSet::empty();
        // `_e12` is an unnamed value, `next_1` a label, `_pad1` the space before a member.
        let prefixes = &["_", "WG_"];
        namer.reset(module, &KEYWORDS, KeywordSet::empty(), insensitive, prefixes, &mut given);
        // In C++ a member may not take the name of a type that the struct uses.
        let types: HashSet<String> =
            given.iter().filter(|(key, _)| matches!(key, NameKey::Type(_))).map(|(_, name)| name.clone()).collect();
        for (key, name) in &mut given {
            if matches!(key, NameKey::StructMember(..)) && types.contains(name) {
                name.push('_');
            }
        }
        Names { namer, given }
    }

    /// The name of a thing of the module.
    pub(super) fn get(&self, key: &NameKey) -> String {
        self.given.get(key).cloned().unwrap_or_else(|| format!("{key:?}"))
    }

    /// A name that nothing else has.
    pub(super) fn fresh(&mut self, like: &str) -> String {
        self.namer.call(like)
    }
}
