//! The machine, one group of opcodes after the other, with a judge of its own.

use super::*;
use crate::detect::globals::{Effect, Why};
use crate::report::Severity;
use crate::source::Memory;

/// Knows a handful of names.
fn judge(module: &str, name: &str) -> Judgement {
    match (module, name) {
        ("os" | "posix", "system") | ("builtins", "eval") => Judgement::Dangerous {
            effect: Effect::RunsCommand,
            severity: Severity::Critical,
            why: Why::Known("a test says so"),
        },
        ("builtins" | "importlib", "__import__" | "import_module") => Judgement::Dangerous {
            effect: Effect::ImportsModule,
            severity: Severity::Critical,
            why: Why::Known("a test says so"),
        },
        ("pickle", "loads") => Judgement::Dangerous {
            effect: Effect::Deserialises,
            severity: Severity::Critical,
            why: Why::Known("a test says so"),
        },
        ("collections" | "_codecs" | "builtins" | "torch._utils" | "numpy" | "copyreg", _) => {
            Judgement::Harmless("a test says so")
        }
        ("torch" | "torch.nn", _) => Judgement::Unknown {
            known_package: true,
        },
        _ => Judgement::Unknown {
            known_package: false,
        },
    }
}

fn run_with(bytes: &[u8], reading: Reading) -> (Vec<Event>, Summary) {
    let source = Memory::new(bytes);
    let options = Options {
        judge,
        reading,
        ..Options::default()
    };
    let mut events = Vec::new();
    let budget = Budget::unlimited();
    let mut sink = |event: &Event| events.push(event.clone());
    let summary = examine(&source, 0..source.len(), &options, &budget, &mut sink);
    (events, summary)
}

fn run(bytes: &[u8]) -> (Vec<Event>, Summary) {
    run_with(bytes, Reading::Straight)
}

/// The events as short words with what they show.
fn told(bytes: &[u8]) -> Vec<String> {
    run(bytes).0.iter().map(word).collect()
}

fn word(event: &Event) -> String {
    let fact = format!("{:?}", event.fact);
    let name: String = fact.chars().take_while(|c| c.is_alphanumeric()).collect();
    format!("{name} {}", event.shown)
}

/// How the stream ends, in words.
fn ending(bytes: &[u8]) -> String {
    match run(bytes).1.ending {
        Ending::Broken(what) => what,
        other => format!("{other:?}"),
    }
}

#[test]
fn every_calling_opcode_calls() {
    let call = ["DangerousCall os.system(\"id\")"];
    for bytes in [
        &b"cos\nsystem\n(S'id'\ntR."[..],
        b"cos\nsystem\nS'id'\n\x85R.",
        b"(S'id'\nios\nsystem\n.",
        b"(cos\nsystem\nS'id'\no.",
        b"cos\nsystem\nS'id'\n\x85\x81.",
        b"cos\nsystem\nS'id'\n\x85}\x92.",
        b"\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
        b"S'os'\nS'system'\n\x93U\x02id\x85R.",
    ] {
        assert_eq!(told(bytes), call, "{bytes:?}");
    }
}

#[test]
fn a_call_counts_whatever_becomes_of_its_result() {
    let call = "DangerousCall os.system(\"id\")";
    for end in [&b"0N."[..], b"1", b"\xff", b"", b"00.", b"p0\n0g0\ng1\n."] {
        let mut bytes = b"(cos\nsystem\nS'id'\n\x85R".to_vec();
        bytes.extend(end);
        assert!(told(&bytes).contains(&call.to_owned()), "{end:?}");
    }
}

#[test]
fn containers_hold_what_cpython_puts_into_them() {
    for (bytes, shown) in [
        (&b"cos\nsystem\n(](K\x01K\x02etR."[..], "[1, 2]"),
        (b"cos\nsystem\n(]K\x01atR.", "[1]"),
        (b"cos\nsystem\n((K\x01K\x02ltR.", "[1, 2]"),
        (b"cos\nsystem\n((K\x01K\x02dtR.", "{1: 2}"),
        (b"cos\nsystem\n(}K\x01K\x02stR.", "{1: 2}"),
        (b"cos\nsystem\n(}(K\x01K\x02K\x03K\x04utR.", "{1: 2, 3: 4}"),
        (b"cos\nsystem\n(\x8f(K\x01\x90tR.", "set(1)"),
        (b"cos\nsystem\n((K\x01\x91tR.", "frozenset(1)"),
        (b"cos\nsystem\n(K\x01\x85K\x01K\x02\x86tR.", "(1), (1, 2)"),
        (b"cos\nsystem\n(K\x012\x86tR.", "(1, 1)"),
        (
            b"cos\nsystem\n(NI01\n\x88\x89F1\nL7L\ntR.",
            "None, True, True, False, a float, 7",
        ),
        (b"cos\nsystem\n(C\x01aB\x01\0\0\0btR.", "b\"a\", b\"b\""),
    ] {
        let events = told(bytes);
        assert_eq!(events, [format!("DangerousCall os.system({shown})")]);
    }
}

#[test]
fn the_memo_is_numbered_as_cpython_numbers_it() {
    // Index 5 is filled, so that MEMOIZE stores under 1, not under 0 or 6.
    let bytes = b"\x8c\x02osq\x050\x8c\x06system\x940h\x05h\x01\x93\x8c\x02id\x85R.";
    assert_eq!(told(bytes), ["DangerousCall os.system(\"id\")"]);
    // A rebound place holds the later value.
    let bytes = b"\x8c\x04mathq\x000\x8c\x02osr\0\0\0\x000g0\n\x8c\x06system\x93\x8c\x02id\x85R.";
    assert_eq!(told(bytes), ["DangerousCall os.system(\"id\")"]);
    assert_eq!(ending(b"Nq\x00g7\n."), "the memo has no entry 7");
}

#[test]
fn what_cpython_refuses_ends_the_stream() {
    for (bytes, what) in [
        (&b"."[..], "the stack is empty"),
        (b"0.", "the stack is empty"),
        (b"(a.", "the stack is empty"),
        (b"K\x01K\x02(s.", "the stack is empty"),
        (b"e.", "a mark is missing"),
        (
            b"}(K\x01u.",
            "an odd number of items where pairs are wanted",
        ),
        (b"(K\x01d.", "an odd number of items where pairs are wanted"),
        (b"(o.", "the stack is empty"),
        (b"K\x01)R.", "a constant is called"),
        (b"])R.", "a container is called"),
        (b"NN\x93.", "a global is named by no text"),
        (b"\x80\x06N.", "protocol 6 does not exist"),
        (b"\x84\0\0\0\0.", "extension code 0"),
    ] {
        assert_eq!(ending(bytes), what, "{bytes:?}");
    }
    assert_eq!(ending(b"N"), "Cut");
    assert_eq!(ending(b"(N."), "Stop", "values and marks may be left over");
}

#[test]
fn names_that_are_not_constants_are_told() {
    let bytes = b"\x8c\x02os\x8c\x08builtins\x8c\x03str\x93\x8c\x06system\x85R\x93.";
    assert_eq!(
        told(bytes),
        ["ComputedGlobal os.system", "DangerousImport os.system"]
    );
}

#[test]
fn paths_through_objects_are_told_and_nested_classes_are_not() {
    assert_eq!(
        told(b"cpathlib\nos.system\n."),
        ["AttributePath pathlib.os.system"]
    );
    assert_eq!(
        told(b"cmath\n__loader__\n."),
        ["AttributePath math.__loader__"]
    );
    assert!(told(b"ctorch.nn\nOuter.Inner\n.").is_empty());
    assert!(told(b"ccopyreg\n__newobj__\n.").is_empty());
}

#[test]
fn extension_codes_are_told_and_followed() {
    assert_eq!(told(b"\x82\x4d)R."), ["Extension extension code 77"]);
    let bytes = b"ccopyreg\nadd_extension\n(S'os'\nS'system'\nK\x4dtR0\x83\x4d\0(S'id'\ntR.";
    assert_eq!(
        told(bytes),
        [
            "Extension extension code 77 (os.system)",
            "DangerousCall os.system(\"id\")"
        ]
    );
}

#[test]
fn chains_lead_to_what_they_call() {
    let system = "DangerousCall os.system(\"id\")".to_owned();
    for bytes in [
        &b"cbuiltins\ngetattr\n(cimportlib\nimport_module\n(S'os'\ntRS'system'\ntR(S'id'\ntR."[..],
        b"coperator\nattrgetter\n(S'system'\ntR(cimportlib\nimport_module\n(S'os'\ntRtR(S'id'\ntR.",
        b"coperator\nmethodcaller\n(S'system'\nS'id'\ntR(cbuiltins\n__import__\n(S'os.path'\ntRtR.",
        b"cfunctools\npartial\n(cos\nsystem\nS'id'\ntR)R.",
        b"cfunctools\npartial\n(cfunctools\npartial\n(cos\nsystem\ntRS'id'\ntR)R.",
        b"coperator\nitemgetter\n(S'os'\ntR(csys\nmodules\ntRp0\n0cbuiltins\ngetattr\n(g0\nS'system'\ntR(S'id'\ntR.",
        b"cfunctools\npartial\n(cacme\nrun\ntR(cos\nsystem\n(S'id'\nt}Ntb)R.",
        b"ccopyreg\n_reconstructor\n(cacme\nNet\ncos\nsystem\nS'id'\ntR.",
        b"coperator\ncall\n(cos\nsystem\nS'id'\ntR.",
        b"ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\nN(S'id'\ntNtR.",
        b"ccopyreg\n__newobj__\n(cos\nsystem\nS'id'\ntR.",
    ] {
        assert!(told(bytes).contains(&system), "{:?}", told(bytes));
    }
    let mapped = b"cbuiltins\nmap\n(cos\nsystem\n(S'id'\nltR.";
    assert_eq!(told(mapped), ["DangerousCall os.system(\"id\")"]);
}

#[test]
fn callables_inside_callables_are_bounded() {
    let mut bytes = b"cos\nsystem\n".to_vec();
    for _ in 0..100_000 {
        bytes.extend(b"\x85cfunctools\npartial\n\x86p0\n0cfunctools\npartial\ng0\nR");
    }
    bytes.extend(b")R.");
    let (_, summary) = run(&bytes);
    assert!(matches!(
        summary.ending,
        Ending::Limit(_) | Ending::Stop | Ending::Broken(_)
    ));
}

#[test]
fn getters_with_ordinary_names_are_silent() {
    for bytes in [
        &b"cbuiltins\ngetattr\n(ctorch.nn\nOuter\nS'Inner'\ntR."[..],
        b"cbuiltins\ngetattr\n(cbuiltins\nstr\nS'lower'\ntR.",
        b"coperator\nattrgetter\n(S'shape'\ntR.",
        b"coperator\nitemgetter\n(K\x01tR.",
        b"cfunctools\npartial\n(ctorch.nn\nReLU\ntR.",
    ] {
        assert_eq!(told(bytes), [""; 0], "{bytes:?}");
    }
    for bytes in [
        &b"cbuiltins\ngetattr\n(ctorch.nn\nOuter\nS'__init__'\ntR."[..],
        b"cbuiltins\ngetattr\n(ctorch.nn\nOuter\n)tR.",
        b"coperator\nattrgetter\n(S'a.__globals__'\ntR.",
    ] {
        let (events, _) = run(bytes);
        let [event] = events.as_slice() else {
            panic!("{events:?}")
        };
        assert_eq!(event.fact, Fact::AttributeAccess { certain: true });
    }
}

#[test]
fn state_is_for_objects_of_the_stream() {
    let overwrite = "Overwrite collections.OrderedDict.__setstate__({})";
    assert_eq!(told(b"ccollections\nOrderedDict\n}b."), [overwrite]);
    assert!(told(b"ccollections\nOrderedDict\n)R}S'a'\nK\x01sb.").is_empty());
    assert!(told(b"ctorch.nn\nLinear\n)\x81}S'training'\n\x88sb.").is_empty());
    let planted = b"ccollections\nOrderedDict\n)R}S'__setstate__'\ncos\nsystem\nsbS'id'\nb.";
    assert_eq!(
        told(planted),
        [
            "PlantedHook __setstate__ = os.system",
            "DangerousCall os.system(\"id\")"
        ]
    );
    let slots = b"ctorch.nn\nLinear\n)\x81N}S'__setstate__'\ncos\nsystem\ns\x86bS'id'\nb.";
    assert_eq!(told(slots).len(), 2);
}

#[test]
fn items_are_for_containers_of_the_stream() {
    assert_eq!(
        told(b"csys\nmodules\nS'a'\nNs."),
        ["ForeignWrite sys.modules[\"a\"] = None"]
    );
    assert_eq!(
        told(b"cnumpy\nlist\nNa."),
        ["ForeignWrite numpy.list.append(None)"]
    );
    assert!(told(b"ccollections\nOrderedDict\n)RS'a'\nNs.").is_empty());
    assert!(told(b"ccollections\ndeque\n)R(NNe.").is_empty());
    let planted = b"ccollections\ndeque\n)R}S'append'\ncos\nsystem\nsbS'id'\na.";
    assert_eq!(told(planted), ["DangerousCall os.system(\"id\")"]);
}

#[test]
fn results_of_calls_are_not_to_be_called() {
    assert_eq!(
        told(b"ccollections\nOrderedDict\n)R)R."),
        ["CallOfResult collections.OrderedDict()()"]
    );
}

#[test]
fn unknown_functions_and_classes_differ() {
    assert_eq!(told(b"cacme\nrun\n)R."), ["UnknownCall acme.run()"]);
    assert_eq!(told(b"cacme\nNet\n)R."), ["UnknownClass acme.Net()"]);
    assert_eq!(told(b"cacme\nnet\n)\x81."), ["UnknownClass acme.net()"]);
    assert!(told(b"cacme\nrun\n.").is_empty(), "a value is no call");
    assert!(told(b"ctorch.nn\nLinear\n)\x81.").is_empty());
    let code = run(b"cacme\nNet\n(S'import os'\ntR.").0;
    assert_eq!(code[0].fact, Fact::UnknownClass { code_like: true });
    let handed = told(b"cacme\nNet\n(cos\nsystem\ntR.");
    assert!(handed.contains(&"DangerousCall acme.Net(os.system)".to_owned()));
}

#[test]
fn an_import_that_nothing_calls_is_told_at_the_end() {
    assert_eq!(told(b"cos\nsystem\n."), ["DangerousImport os.system"]);
    let (events, summary) = run(b"N0cos\nsystem\n.");
    assert_eq!(events[0].span.start, 2);
    assert_eq!(summary.span, 0..14);
}

#[test]
fn bytes_that_are_loaded_again_are_told() {
    let nested = |bytes: &[u8]| -> Vec<(Vec<u8>, bool)> {
        let source = Memory::new(bytes);
        let content = |event: &Event| match event.fact {
            Fact::Nested(n) => Some((n.literal.fetch(&source, 100).unwrap(), n.as_text)),
            _ => None,
        };
        run(bytes).0.iter().filter_map(content).collect()
    };
    let load = b"ctorch.storage\n_load_from_bytes\n(C\x02N.tR.";
    assert_eq!(nested(load), [(b"N.".to_vec(), false)]);
    assert_eq!(told(load).len(), 1, "and nothing else is told");
    let encoded = b"ctorch.storage\n_load_from_bytes\n(c_codecs\nencode\n(VN.\nVlatin1\ntRtR.";
    assert_eq!(nested(encoded), [(b"N.".to_vec(), true)]);
    assert_eq!(
        nested(b"cpickle\nloads\n(C\x02N.tR."),
        [(b"N.".to_vec(), false)]
    );
    assert_eq!(told(b"cpickle\nloads\n(C\x02N.tR.").len(), 2);
}

const STORAGE: &[u8] = b"((Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nK\x06tQ";

#[test]
fn storages_and_tensors_are_measured() {
    let mut bytes = b"\x80\x02}Vw\nctorch._utils\n_rebuild_tensor_v2\n".to_vec();
    bytes.extend(STORAGE);
    bytes.extend(b"K\0K\x02K\x03\x86K\x03K\x01\x86\x89ccollections\nOrderedDict\n)RtRs.");
    let (events, summary) = run(&bytes);
    assert!(events.is_empty(), "{events:?}");
    assert_eq!(summary.storages.len(), 1);
    assert_eq!(summary.storages[0].elements, 6);
    assert_eq!(summary.storages[0].item_bytes, Some(4));
    let [tensor] = summary.tensors.as_slice() else {
        panic!("{summary:?}")
    };
    assert_eq!(tensor.bytes, Some(24));
    let name = tensor.name.fetch(&Memory::new(bytes), 10).unwrap();
    assert_eq!(name, b"w");
}

#[test]
fn references_that_are_no_storage_are_told() {
    for (bytes, misshapen) in [
        (&b"Pname\n."[..], false),
        (b"K\x01Q.", false),
        (b"(Vstorage\ncos\npath\nV0\nVcpu\nK\x06tQ.", true),
        (b"(Vstorage\ntQ.", true),
    ] {
        let (events, _) = run(bytes);
        assert_eq!(
            events[0].fact,
            Fact::PersistentId { misshapen },
            "{bytes:?}"
        );
    }
}

#[test]
fn a_class_with_its_source_is_the_class() {
    let bytes = b"((Vmodule\nctorch.nn\nLinear\nVlinear.py\nVclass Linear\ntQ)\x81.";
    assert_eq!(told(bytes), [""; 0]);
    let bytes = b"(Vmodule\ncos\nsystem\nNNtQ(S'id'\ntR.";
    assert_eq!(told(bytes), ["DangerousCall os.system(\"id\")"]);
}

#[test]
fn array_bytes_of_joblib_are_passed_over() {
    let wrapper = |state: &[u8], rest: &[u8]| {
        let mut bytes = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(".to_vec();
        bytes.extend(state);
        bytes.extend(b"ub");
        bytes.extend(rest);
        told(&bytes)
    };
    let floats =
        b"Vshape\nK\x01K\x01\x86Vdtype\ncnumpy\ndtype\n(Vf8\ntRVnumpy_array_alignment_bytes\nK\x10";
    let found = wrapper(floats, b"\x02PPRRRRRRRR0cos\nsystem\n(S'id'\ntR.");
    assert!(found.contains(&"DangerousCall os.system(\"id\")".to_owned()));
    let objects = b"Vshape\nK\x01\x85Vdtype\ncnumpy\ndtype\n(VO8\ntR";
    let found = wrapper(objects, b"\x80\x02cos\nsystem\n(S'id'\ntR.0N.");
    assert!(found.contains(&"DangerousCall os.system(\"id\")".to_owned()));
}

#[test]
fn values_that_hold_themselves_and_deep_ones_are_walked() {
    let (events, summary) = run(b"]q\0h\0acos\nsystem\nh\0\x85R.");
    assert_eq!(events.len(), 1);
    assert!(summary.ending.is_stop());
    let mut deep = b"N".to_vec();
    deep.extend(vec![0x85; 300_000]);
    deep.extend(b"p0\n0cos\nsystem\ng0\nR.");
    assert_eq!(run(&deep).0.len(), 1);
}

#[test]
fn two_programs_in_the_same_bytes_are_both_seen() {
    let bytes = b"\x80\x04(\x95\x02\0\0\0\0\0\0\0B\x07\x01\0\0\0Xcos\nsystem\n(S'id'\ntR.";
    let (events, summary) = run_with(bytes, Reading::Buffered);
    assert!(summary.crosses_frame);
    let words: Vec<String> = events.iter().map(word).collect();
    assert_eq!(words.len(), 2, "{words:?}");
    assert_eq!(words[1], "DangerousCall os.system(\"id\")");
}

/// Millions of opcodes: a check that nothing is quadratic, not of speed.
#[test]
fn long_streams_of_every_kind_stay_cheap() {
    let repeat = |unit: &[u8], head: &[u8], tail: &[u8]| {
        let mut bytes = head.to_vec();
        for _ in 0..300_000 {
            bytes.extend(unit);
        }
        bytes.extend(tail);
        let (_, summary) = run(&bytes);
        assert!(summary.ending.is_stop(), "{:?} {unit:?}", summary.ending);
        assert!(summary.opcodes >= 300_000);
    };
    repeat(b"K\x01\x94a", b"]", b".");
    repeat(b"K\x01K\x02\x86\x94a", b"]", b".");
    repeat(b"}\x94K\x01K\x02s0", b"N", b".");
    repeat(b"ccollections\nOrderedDict\n)R0", b"N", b".");
    repeat(b"cos\nsystem\n)R0", b"N", b".");
    repeat(b"(NNNl0", b"N", b".");
    repeat(b"g0\n0", b"Np0\n", b".");
}

/// A small stream with everything in it.
const RICH: &[u8] = b"\x80\x04\x95\x50\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94]\x94(K\x01M\x01\x02J\0\0\0\0e\
    \x8c\x01b\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94uccollections\nOrderedDict\n\
    )R}S'x'\nNsb\x82\x05)\x81(S'q'\niacme\nrun\nPid\nQcnumpy\ndtype\n(Vf8\ntR0\x8f(I01\n\x90.";

#[test]
fn a_stream_cut_anywhere_keeps_what_stands_before() {
    let whole = run(RICH).0.len();
    let mut last = 0;
    for end in 0..=RICH.len() {
        for reading in [Reading::Straight, Reading::Buffered] {
            let (events, summary) = run_with(&RICH[..end], reading);
            assert!(summary.span.end <= end as u64);
            if reading == Reading::Straight {
                let calls = events
                    .iter()
                    .filter(|e| matches!(e.fact, Fact::DangerousCall(_)));
                last = last.max(calls.count());
            }
        }
    }
    assert!(whole > 3 && last == 1);
}

#[test]
fn flipped_bytes_end_quietly() {
    for at in 0..RICH.len() {
        for bit in 0..8 {
            let mut bytes = RICH.to_vec();
            bytes[at] ^= 1 << bit;
            run_with(&bytes, Reading::Straight);
            run_with(&bytes, Reading::Buffered);
        }
    }
}

/// What the knowledge base itself tells of a stream.
fn told_for_real(bytes: &[u8]) -> Vec<String> {
    let source = Memory::new(bytes);
    let options = Options::default();
    let mut events = Vec::new();
    let budget = Budget::unlimited();
    let mut sink = |event: &Event| events.push(word(event));
    examine(&source, 0..source.len(), &options, &budget, &mut sink);
    events
}

#[test]
fn a_constructor_counts_only_where_it_runs() {
    let class = "ctorch.distributed.nn.api.remote_module\nRemoteModule\n";
    assert_eq!(
        told_for_real(format!("{class}(VX\ntR.").as_bytes()).len(),
        1
    );
    assert!(told_for_real(&[class.as_bytes(), b")\x81}b."].concat()).is_empty());
}

#[test]
fn setters_count_only_where_slots_are_set() {
    let class = b"ctorch.nn.modules.linear\nIdentity\n)\x81".as_slice();
    assert!(told_for_real(&[class, b"N}b."].concat()).is_empty());
    let graph = b"ctorch.export._unlift\n_StatefulGraphModule\n)\x81".as_slice();
    assert!(told_for_real(&[graph, b"}b."].concat()).is_empty());
    let slots = [graph, b"(N}Vgraph\nVx\nstb."].concat();
    assert_eq!(told_for_real(&slots).len(), 1);
}

#[test]
fn a_function_of_a_library_that_is_only_held_is_no_danger() {
    let function = b"csklearn.datasets\nfetch_file\n".as_slice();
    assert!(told_for_real(&[function, b"."].concat()).is_empty());
    let called = told_for_real(&[function, b"(Vx\ntR."].concat());
    assert_eq!(called, ["DangerousCall sklearn.datasets.fetch_file(\"x\")"]);
}

#[test]
fn a_distribution_is_restored_from_the_text_that_scipy_wrote() {
    let class = b"cscipy.stats._continuous_distns\nnorm_gen\n)\x81".as_slice();
    let with = |state: &[u8]| told_for_real(&[class, state, b"b."].concat()).len();
    assert_eq!(with(b"}"), 0);
    assert_eq!(with(b"}Vname\nVnorm\ns"), 0);
    assert_eq!(with(b"}V_parse_arg_template\nVimport os\ns"), 1);
    assert_eq!(with(b"}V_parse_arg_template\nNs"), 1);
    assert_eq!(with(b"}V_attach_methods\ncown\nf\ns"), 1);
    // The state of old versions: the arguments of the constructor.
    assert_eq!(with(b"(}(Va\nNVb\nNVc\nNuNt"), 0);
    // A dictionary of two keys is an attribute and its value.
    assert_eq!(with(b"(}(V_parse_arg_template\nNVimport os\nNuNt"), 1);
}

#[test]
fn what_is_called_and_not_told_is_accepted_once_with_its_reason() {
    let stream = b"(cbuiltins\ndict\n)Rcbuiltins\ndict\n)Rctorch.nn\nLinear\n)R\
                   cos\nsystem\n)Rcown\nf\n)Rccollections\nOrderedDict\nt.";
    let accepted: Vec<_> = run(stream)
        .1
        .accepted
        .into_iter()
        .map(|one| (one.callable, one.why, one.calls))
        .collect();
    let of = |name: &str, why: &str, calls| (name.to_owned(), why.to_owned(), calls);
    let known = "a class of a library that models ordinarily name; it is not vetted";
    assert_eq!(
        accepted,
        [
            of("builtins.dict", "a test says so", 2),
            of("torch.nn.Linear", known, 1)
        ]
    );
}
