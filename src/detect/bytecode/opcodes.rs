//! The opcodes of CPython 2.7 and 3.6 to 3.14: what each number means to a
//! reader who follows names.
//!
//! An [`Act`] is what an instruction does to the stack and the variables, as
//! far as that matters here; several opcodes share one. Numbers are those of
//! each version's own `opcode` module; cache sizes those of its
//! `_inline_cache_entries`. Opcodes that only the running interpreter writes
//! (specialised and instrumented ones) stand in no file.

use std::sync::LazyLock;

use crate::wire::marshal::Python;

/// What an instruction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing that matters.
    Skip,
    /// The upper bits of the next argument.
    Extended,
    /// Something else: what is on the stack is not known any more.
    Reset,
    /// Takes values off the stack.
    Pop,
    /// Takes two.
    PopTwo,
    /// Takes three.
    PopThree,
    /// Deletes an attribute of the value on top.
    PopOwner,
    /// Puts a value that says nothing.
    Push,
    /// Puts the null that calls count with.
    PushNull,
    /// Replaces the value on top.
    Unary,
    /// Replaces two values by one.
    Pair,
    /// Compares two values.
    Compare,
    /// A binary operator by number.
    Operator,
    /// `a[b]`.
    Subscript,
    /// Formats the value on top.
    Format,
    /// Jumps where the value on top is false.
    Branch,
    /// Takes a sequence apart.
    Unpack,
    /// Doubles the value on top.
    Duplicate,
    /// Doubles the two values on top.
    DuplicatePair,
    /// Exchanges two values.
    RotateTwo,
    /// Moves the value on top below two others.
    RotateThree,
    /// Moves the value on top below three others.
    RotateFour,
    /// Doubles the value at a depth.
    Copy,
    /// Exchanges the value on top with one at a depth.
    Swap,
    /// Puts a constant.
    Const,
    /// Puts a local variable.
    Local,
    /// Puts two local variables.
    LocalPair,
    /// Sets a local variable.
    StoreLocal,
    /// Sets two local variables.
    StorePair,
    /// Sets one local variable and puts another.
    StoreThenLoad,
    /// Puts a variable that functions share.
    Deref,
    /// The same, by way of a dict on the stack.
    DerefFrom,
    /// Sets a variable that functions share.
    StoreDeref,
    /// Puts what a name means in a module or a class body.
    Name,
    /// The same, by way of a dict on the stack.
    NameFrom,
    /// Puts a global or a builtin.
    Global,
    /// Binds a name in a module or a class body.
    StoreName,
    /// Binds a global.
    StoreGlobal,
    /// Notes an annotation.
    StoreAnnotation,
    /// Reads an attribute.
    Attribute,
    /// Reads an attribute in order to call it.
    Method,
    /// Reads an attribute of `super()`.
    SuperAttribute,
    /// Sets an attribute.
    StoreAttribute,
    /// Imports a module.
    ImportName,
    /// Takes a name out of a module.
    ImportFrom,
    /// Takes every name out of a module.
    ImportStar,
    /// A function of the interpreter by number.
    Intrinsic,
    /// A call by position, to 3.10.
    CallPlain,
    /// A call with keywords, to 3.10.
    CallNames,
    /// A call of a method, to 3.10.
    CallMethod,
    /// A call, from 3.11 on.
    Call,
    /// A call with keywords, from 3.13 on.
    CallKeywords,
    /// A call with `*` or `**`.
    CallSpread,
    /// Makes a function of a code object.
    MakeFunction,
    /// Adds defaults and the like to a function.
    DecorateFunction,
    /// Makes a container of so many values.
    Build,
    /// Makes a dict of so many pairs.
    BuildMap,
    /// Makes a dict of so many values and a tuple of keys.
    BuildKeyed,
    /// The `exec` statement of Python 2.
    ExecStatement,
}

use Act::*;

/// Versions that have a column.
const VERSIONS: usize = 10;

/// No such opcode in this version.
const __: u8 = 255;

/// Name, act, its number in 2.7, 3.6, 3.7, 3.8, 3.9, 3.10, 3.11, 3.12, 3.13 and
/// 3.14, and the cache entries behind it in 3.11, 3.12, 3.13 and 3.14.
type Row = (&'static str, Act, [u8; VERSIONS], [u8; 4]);

#[rustfmt::skip]
static ROWS: &[Row] = &[
    ("ASYNC_GEN_WRAP", Skip, [__, __, __, __, __, __, 87, __, __, __], [0, 0, 0, 0]),
    ("BEFORE_ASYNC_WITH", Reset, [__, 52, 52, 52, 52, 52, 52, 52, 1, __], [0, 0, 0, 0]),
    ("BEFORE_WITH", Reset, [__, __, __, __, __, __, 53, 53, 2, __], [0, 0, 0, 0]),
    ("BEGIN_FINALLY", Reset, [__, __, __, 53, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_ADD", Pair, [23, 23, 23, 23, 23, 23, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_AND", Pair, [64, 64, 64, 64, 64, 64, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_DIVIDE", Pair, [21, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_FLOOR_DIVIDE", Pair, [26, 26, 26, 26, 26, 26, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_LSHIFT", Pair, [62, 62, 62, 62, 62, 62, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_MATRIX_MULTIPLY", Pair, [__, 16, 16, 16, 16, 16, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_MODULO", Pair, [22, 22, 22, 22, 22, 22, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_MULTIPLY", Pair, [20, 20, 20, 20, 20, 20, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_OP", Operator, [__, __, __, __, __, __, 122, 122, 45, 44], [1, 1, 1, 5]),
    ("BINARY_OR", Pair, [66, 66, 66, 66, 66, 66, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_POWER", Pair, [19, 19, 19, 19, 19, 19, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_RSHIFT", Pair, [63, 63, 63, 63, 63, 63, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_SLICE", Reset, [__, __, __, __, __, __, __, 26, 4, 1], [0, 0, 0, 0]),
    ("BINARY_SUBSCR", Subscript, [25, 25, 25, 25, 25, 25, 25, 25, 5, __], [4, 1, 1, 0]),
    ("BINARY_SUBTRACT", Pair, [24, 24, 24, 24, 24, 24, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_TRUE_DIVIDE", Pair, [27, 27, 27, 27, 27, 27, __, __, __, __], [0, 0, 0, 0]),
    ("BINARY_XOR", Pair, [65, 65, 65, 65, 65, 65, __, __, __, __], [0, 0, 0, 0]),
    ("BREAK_LOOP", Skip, [80, 80, 80, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("BUILD_CLASS", Reset, [89, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("BUILD_CONST_KEY_MAP", BuildKeyed, [__, 156, 156, 156, 156, 156, 156, 156, 46, __], [0, 0, 0, 0]),
    ("BUILD_INTERPOLATION", Reset, [__, __, __, __, __, __, __, __, __, 45], [0, 0, 0, 0]),
    ("BUILD_LIST", Build, [103, 103, 103, 103, 103, 103, 103, 103, 47, 46], [0, 0, 0, 0]),
    ("BUILD_LIST_UNPACK", Reset, [__, 149, 149, 149, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("BUILD_MAP", BuildMap, [105, 105, 105, 105, 105, 105, 105, 105, 48, 47], [0, 0, 0, 0]),
    ("BUILD_MAP_UNPACK", Reset, [__, 150, 150, 150, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("BUILD_MAP_UNPACK_WITH_CALL", Reset, [__, 151, 151, 151, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("BUILD_SET", Build, [104, 104, 104, 104, 104, 104, 104, 104, 49, 48], [0, 0, 0, 0]),
    ("BUILD_SET_UNPACK", Reset, [__, 153, 153, 153, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("BUILD_SLICE", Build, [133, 133, 133, 133, 133, 133, 133, 133, 50, 49], [0, 0, 0, 0]),
    ("BUILD_STRING", Build, [__, 157, 157, 157, 157, 157, 157, 157, 51, 50], [0, 0, 0, 0]),
    ("BUILD_TEMPLATE", Reset, [__, __, __, __, __, __, __, __, __, 2], [0, 0, 0, 0]),
    ("BUILD_TUPLE", Build, [102, 102, 102, 102, 102, 102, 102, 102, 52, 51], [0, 0, 0, 0]),
    ("BUILD_TUPLE_UNPACK", Reset, [__, 152, 152, 152, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("BUILD_TUPLE_UNPACK_WITH_CALL", Reset, [__, 158, 158, 158, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("CALL", Call, [__, __, __, __, __, __, 171, 171, 53, 52], [4, 3, 3, 3]),
    ("CALL_FINALLY", Reset, [__, __, __, 162, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("CALL_FUNCTION", CallPlain, [131, 131, 131, 131, 131, 131, __, __, __, __], [0, 0, 0, 0]),
    ("CALL_FUNCTION_EX", CallSpread, [__, 142, 142, 142, 142, 142, 142, 142, 54, 4], [0, 0, 0, 0]),
    ("CALL_FUNCTION_KW", CallNames, [141, 141, 141, 141, 141, 141, __, __, __, __], [0, 0, 0, 0]),
    ("CALL_FUNCTION_VAR", CallSpread, [140, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("CALL_FUNCTION_VAR_KW", CallSpread, [142, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("CALL_INTRINSIC_1", Intrinsic, [__, __, __, __, __, __, __, 173, 55, 53], [0, 0, 0, 0]),
    ("CALL_INTRINSIC_2", Pair, [__, __, __, __, __, __, __, 174, 56, 54], [0, 0, 0, 0]),
    ("CALL_KW", CallKeywords, [__, __, __, __, __, __, __, __, 57, 55], [0, 0, 0, 3]),
    ("CALL_METHOD", CallMethod, [__, __, 161, 161, 161, 161, __, __, __, __], [0, 0, 0, 0]),
    ("CHECK_EG_MATCH", Reset, [__, __, __, __, __, __, 37, 37, 6, 5], [0, 0, 0, 0]),
    ("CHECK_EXC_MATCH", Pair, [__, __, __, __, __, __, 36, 36, 7, 6], [0, 0, 0, 0]),
    ("CLEANUP_THROW", Reset, [__, __, __, __, __, __, __, 55, 8, 7], [0, 0, 0, 0]),
    ("COMPARE_OP", Compare, [107, 107, 107, 107, 107, 107, 107, 107, 58, 56], [2, 1, 1, 1]),
    ("CONTAINS_OP", Pair, [__, __, __, __, 118, 118, 118, 118, 59, 57], [0, 0, 1, 1]),
    ("CONTINUE_LOOP", Skip, [119, 119, 119, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("CONVERT_VALUE", Unary, [__, __, __, __, __, __, __, __, 60, 58], [0, 0, 0, 0]),
    ("COPY", Copy, [__, __, __, __, __, __, 120, 120, 61, 59], [0, 0, 0, 0]),
    ("COPY_DICT_WITHOUT_KEYS", Reset, [__, __, __, __, __, 34, __, __, __, __], [0, 0, 0, 0]),
    ("COPY_FREE_VARS", Skip, [__, __, __, __, __, __, 149, 149, 62, 60], [0, 0, 0, 0]),
    ("DELETE_ATTR", PopOwner, [96, 96, 96, 96, 96, 96, 96, 96, 63, 61], [0, 0, 0, 0]),
    ("DELETE_DEREF", Skip, [__, 138, 138, 138, 138, 138, 139, 139, 64, 62], [0, 0, 0, 0]),
    ("DELETE_FAST", Skip, [126, 126, 126, 126, 126, 126, 126, 126, 65, 63], [0, 0, 0, 0]),
    ("DELETE_GLOBAL", Skip, [98, 98, 98, 98, 98, 98, 98, 98, 66, 64], [0, 0, 0, 0]),
    ("DELETE_NAME", Skip, [91, 91, 91, 91, 91, 91, 91, 91, 67, 65], [0, 0, 0, 0]),
    ("DELETE_SLICE+0", Reset, [50, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("DELETE_SLICE+1", Reset, [51, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("DELETE_SLICE+2", Reset, [52, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("DELETE_SLICE+3", Reset, [53, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("DELETE_SUBSCR", PopTwo, [61, 61, 61, 61, 61, 61, 61, 61, 9, 8], [0, 0, 0, 0]),
    ("DICT_MERGE", Pop, [__, __, __, __, 164, 164, 164, 164, 68, 66], [0, 0, 0, 0]),
    ("DICT_UPDATE", Pop, [__, __, __, __, 165, 165, 165, 165, 69, 67], [0, 0, 0, 0]),
    ("DUP_TOP", Duplicate, [4, 4, 4, 4, 4, 4, __, __, __, __], [0, 0, 0, 0]),
    ("DUP_TOPX", DuplicatePair, [99, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("DUP_TOP_TWO", DuplicatePair, [__, 5, 5, 5, 5, 5, __, __, __, __], [0, 0, 0, 0]),
    ("END_ASYNC_FOR", Reset, [__, __, __, 54, 54, 54, 54, 54, 10, 68], [0, 0, 0, 0]),
    ("END_FINALLY", Reset, [88, 88, 88, 88, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("END_FOR", Reset, [__, __, __, __, __, __, __, 4, 11, 9], [0, 0, 0, 0]),
    ("END_SEND", Reset, [__, __, __, __, __, __, __, 5, 12, 10], [0, 0, 0, 0]),
    ("EXEC_STMT", ExecStatement, [85, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("EXIT_INIT_CHECK", Reset, [__, __, __, __, __, __, __, __, 13, 11], [0, 0, 0, 0]),
    ("EXTENDED_ARG", Extended, [145, 144, 144, 144, 144, 144, 144, 144, 71, 69], [0, 0, 0, 0]),
    ("FORMAT_SIMPLE", Unary, [__, __, __, __, __, __, __, __, 14, 12], [0, 0, 0, 0]),
    ("FORMAT_VALUE", Format, [__, 155, 155, 155, 155, 155, 155, 155, __, __], [0, 0, 0, 0]),
    ("FORMAT_WITH_SPEC", Pair, [__, __, __, __, __, __, __, __, 15, 13], [0, 0, 0, 0]),
    ("FOR_ITER", Push, [93, 93, 93, 93, 93, 93, 93, 93, 72, 70], [0, 1, 1, 1]),
    ("GEN_START", Skip, [__, __, __, __, __, 129, __, __, __, __], [0, 0, 0, 0]),
    ("GET_AITER", Unary, [__, 50, 50, 50, 50, 50, 50, 50, 16, 14], [0, 0, 0, 0]),
    ("GET_ANEXT", Reset, [__, 51, 51, 51, 51, 51, 51, 51, 18, 15], [0, 0, 0, 0]),
    ("GET_AWAITABLE", Reset, [__, 73, 73, 73, 73, 73, 131, 131, 73, 71], [0, 0, 0, 0]),
    ("GET_ITER", Unary, [68, 68, 68, 68, 68, 68, 68, 68, 19, 16], [0, 0, 0, 0]),
    ("GET_LEN", Reset, [__, __, __, __, __, 30, 30, 30, 20, 18], [0, 0, 0, 0]),
    ("GET_YIELD_FROM_ITER", Unary, [__, 69, 69, 69, 69, 69, 69, 69, 21, 19], [0, 0, 0, 0]),
    ("IMPORT_FROM", ImportFrom, [109, 109, 109, 109, 109, 109, 109, 109, 74, 72], [0, 0, 0, 0]),
    ("IMPORT_NAME", ImportName, [108, 108, 108, 108, 108, 108, 108, 108, 75, 73], [0, 0, 0, 0]),
    ("IMPORT_STAR", ImportStar, [84, 84, 84, 84, 84, 84, 84, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_ADD", Pair, [55, 55, 55, 55, 55, 55, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_AND", Pair, [77, 77, 77, 77, 77, 77, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_DIVIDE", Pair, [58, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_FLOOR_DIVIDE", Pair, [28, 28, 28, 28, 28, 28, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_LSHIFT", Pair, [75, 75, 75, 75, 75, 75, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_MATRIX_MULTIPLY", Pair, [__, 17, 17, 17, 17, 17, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_MODULO", Pair, [59, 59, 59, 59, 59, 59, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_MULTIPLY", Pair, [57, 57, 57, 57, 57, 57, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_OR", Pair, [79, 79, 79, 79, 79, 79, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_POWER", Pair, [67, 67, 67, 67, 67, 67, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_RSHIFT", Pair, [76, 76, 76, 76, 76, 76, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_SUBTRACT", Pair, [56, 56, 56, 56, 56, 56, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_TRUE_DIVIDE", Pair, [29, 29, 29, 29, 29, 29, __, __, __, __], [0, 0, 0, 0]),
    ("INPLACE_XOR", Pair, [78, 78, 78, 78, 78, 78, __, __, __, __], [0, 0, 0, 0]),
    ("IS_OP", Pair, [__, __, __, __, 117, 117, 117, 117, 76, 74], [0, 0, 0, 0]),
    ("JUMP_ABSOLUTE", Skip, [113, 113, 113, 113, 113, 113, __, __, __, __], [0, 0, 0, 0]),
    ("JUMP_BACKWARD", Skip, [__, __, __, __, __, __, 140, 140, 77, 75], [0, 0, 1, 1]),
    ("JUMP_BACKWARD_NO_INTERRUPT", Reset, [__, __, __, __, __, __, 134, 134, 78, 76], [0, 0, 0, 0]),
    ("JUMP_FORWARD", Pop, [110, 110, 110, 110, 110, 110, 110, 110, 79, 77], [0, 0, 0, 0]),
    ("JUMP_IF_FALSE_OR_POP", Pop, [111, 111, 111, 111, 111, 111, 111, __, __, __], [0, 0, 0, 0]),
    ("JUMP_IF_NOT_EXC_MATCH", Pop, [__, __, __, __, 121, 121, __, __, __, __], [0, 0, 0, 0]),
    ("JUMP_IF_TRUE_OR_POP", Pop, [112, 112, 112, 112, 112, 112, 112, __, __, __], [0, 0, 0, 0]),
    ("KW_NAMES", Skip, [__, __, __, __, __, __, 172, 172, __, __], [0, 0, 0, 0]),
    ("LIST_APPEND", Pop, [94, 145, 145, 145, 145, 145, 145, 145, 80, 78], [0, 0, 0, 0]),
    ("LIST_EXTEND", Pop, [__, __, __, __, 162, 162, 162, 162, 81, 79], [0, 0, 0, 0]),
    ("LIST_TO_TUPLE", Skip, [__, __, __, __, 82, 82, 82, __, __, __], [0, 0, 0, 0]),
    ("LOAD_ASSERTION_ERROR", Push, [__, __, __, __, 74, 74, 74, 74, 23, __], [0, 0, 0, 0]),
    ("LOAD_ATTR", Attribute, [106, 106, 106, 106, 106, 106, 106, 106, 82, 80], [4, 9, 9, 9]),
    ("LOAD_BUILD_CLASS", Push, [__, 71, 71, 71, 71, 71, 71, 71, 24, 21], [0, 0, 0, 0]),
    ("LOAD_CLASSDEREF", Deref, [__, 148, 148, 148, 148, 148, 148, __, __, __], [0, 0, 0, 0]),
    ("LOAD_CLOSURE", Deref, [135, 135, 135, 135, 135, 135, 136, 136, __, __], [0, 0, 0, 0]),
    ("LOAD_COMMON_CONSTANT", Push, [__, __, __, __, __, __, __, __, __, 81], [0, 0, 0, 0]),
    ("LOAD_CONST", Const, [100, 100, 100, 100, 100, 100, 100, 100, 83, 82], [0, 0, 0, 0]),
    ("LOAD_DEREF", Deref, [136, 136, 136, 136, 136, 136, 137, 137, 84, 83], [0, 0, 0, 0]),
    ("LOAD_FAST", Local, [124, 124, 124, 124, 124, 124, 124, 124, 85, 84], [0, 0, 0, 0]),
    ("LOAD_FAST_AND_CLEAR", Local, [__, __, __, __, __, __, __, 143, 86, 85], [0, 0, 0, 0]),
    ("LOAD_FAST_BORROW", Local, [__, __, __, __, __, __, __, __, __, 86], [0, 0, 0, 0]),
    ("LOAD_FAST_BORROW_LOAD_FAST_BORROW", LocalPair, [__, __, __, __, __, __, __, __, __, 87], [0, 0, 0, 0]),
    ("LOAD_FAST_CHECK", Local, [__, __, __, __, __, __, __, 127, 87, 88], [0, 0, 0, 0]),
    ("LOAD_FAST_LOAD_FAST", LocalPair, [__, __, __, __, __, __, __, __, 88, 89], [0, 0, 0, 0]),
    ("LOAD_FROM_DICT_OR_DEREF", DerefFrom, [__, __, __, __, __, __, __, 176, 89, 90], [0, 0, 0, 0]),
    ("LOAD_FROM_DICT_OR_GLOBALS", NameFrom, [__, __, __, __, __, __, __, 175, 90, 91], [0, 0, 0, 0]),
    ("LOAD_GLOBAL", Global, [116, 116, 116, 116, 116, 116, 116, 116, 91, 92], [5, 4, 4, 4]),
    ("LOAD_LOCALS", Push, [82, __, __, __, __, __, __, 87, 25, 22], [0, 0, 0, 0]),
    ("LOAD_METHOD", Method, [__, __, 160, 160, 160, 160, 160, __, __, __], [10, 0, 0, 0]),
    ("LOAD_NAME", Name, [101, 101, 101, 101, 101, 101, 101, 101, 92, 93], [0, 0, 0, 0]),
    ("LOAD_SMALL_INT", Push, [__, __, __, __, __, __, __, __, __, 94], [0, 0, 0, 0]),
    ("LOAD_SPECIAL", Reset, [__, __, __, __, __, __, __, __, __, 95], [0, 0, 0, 0]),
    ("LOAD_SUPER_ATTR", SuperAttribute, [__, __, __, __, __, __, __, 141, 93, 96], [0, 1, 1, 1]),
    ("MAKE_CELL", Skip, [__, __, __, __, __, __, 135, 135, 94, 97], [0, 0, 0, 0]),
    ("MAKE_CLOSURE", MakeFunction, [134, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("MAKE_FUNCTION", MakeFunction, [132, 132, 132, 132, 132, 132, 132, 132, 26, 23], [0, 0, 0, 0]),
    ("MAP_ADD", Reset, [147, 147, 147, 147, 147, 147, 147, 147, 95, 98], [0, 0, 0, 0]),
    ("MATCH_CLASS", Reset, [__, __, __, __, __, 152, 152, 152, 96, 99], [0, 0, 0, 0]),
    ("MATCH_KEYS", Reset, [__, __, __, __, __, 33, 33, 33, 27, 24], [0, 0, 0, 0]),
    ("MATCH_MAPPING", Reset, [__, __, __, __, __, 31, 31, 31, 28, 25], [0, 0, 0, 0]),
    ("MATCH_SEQUENCE", Reset, [__, __, __, __, __, 32, 32, 32, 29, 26], [0, 0, 0, 0]),
    ("NOP", Skip, [9, 9, 9, 9, 9, 9, 9, 9, 30, 27], [0, 0, 0, 0]),
    ("NOT_TAKEN", Skip, [__, __, __, __, __, __, __, __, __, 28], [0, 0, 0, 0]),
    ("POP_BLOCK", Skip, [87, 87, 87, 87, 87, 87, __, __, __, __], [0, 0, 0, 0]),
    ("POP_EXCEPT", Reset, [__, 89, 89, 89, 89, 89, 89, 89, 31, 29], [0, 0, 0, 0]),
    ("POP_FINALLY", Reset, [__, __, __, 163, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("POP_ITER", Pop, [__, __, __, __, __, __, __, __, __, 30], [0, 0, 0, 0]),
    ("POP_JUMP_BACKWARD_IF_FALSE", Pop, [__, __, __, __, __, __, 175, __, __, __], [0, 0, 0, 0]),
    ("POP_JUMP_BACKWARD_IF_NONE", Pop, [__, __, __, __, __, __, 174, __, __, __], [0, 0, 0, 0]),
    ("POP_JUMP_BACKWARD_IF_NOT_NONE", Pop, [__, __, __, __, __, __, 173, __, __, __], [0, 0, 0, 0]),
    ("POP_JUMP_BACKWARD_IF_TRUE", Pop, [__, __, __, __, __, __, 176, __, __, __], [0, 0, 0, 0]),
    ("POP_JUMP_FORWARD_IF_FALSE", Branch, [__, __, __, __, __, __, 114, __, __, __], [0, 0, 0, 0]),
    ("POP_JUMP_FORWARD_IF_NONE", Pop, [__, __, __, __, __, __, 129, __, __, __], [0, 0, 0, 0]),
    ("POP_JUMP_FORWARD_IF_NOT_NONE", Pop, [__, __, __, __, __, __, 128, __, __, __], [0, 0, 0, 0]),
    ("POP_JUMP_FORWARD_IF_TRUE", Pop, [__, __, __, __, __, __, 115, __, __, __], [0, 0, 0, 0]),
    ("POP_JUMP_IF_FALSE", Branch, [114, 114, 114, 114, 114, 114, __, 114, 97, 100], [0, 0, 1, 1]),
    ("POP_JUMP_IF_NONE", Pop, [__, __, __, __, __, __, __, 129, 98, 101], [0, 0, 1, 1]),
    ("POP_JUMP_IF_NOT_NONE", Pop, [__, __, __, __, __, __, __, 128, 99, 102], [0, 0, 1, 1]),
    ("POP_JUMP_IF_TRUE", Pop, [115, 115, 115, 115, 115, 115, __, 115, 100, 103], [0, 0, 1, 1]),
    ("POP_TOP", Pop, [1, 1, 1, 1, 1, 1, 1, 1, 32, 31], [0, 0, 0, 0]),
    ("PRECALL", Skip, [__, __, __, __, __, __, 166, __, __, __], [1, 0, 0, 0]),
    ("PREP_RERAISE_STAR", Reset, [__, __, __, __, __, __, 88, __, __, __], [0, 0, 0, 0]),
    ("PRINT_EXPR", Pop, [70, 70, 70, 70, 70, 70, 70, __, __, __], [0, 0, 0, 0]),
    ("PRINT_ITEM", Pop, [71, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("PRINT_ITEM_TO", Reset, [73, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("PRINT_NEWLINE", Skip, [72, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("PRINT_NEWLINE_TO", Reset, [74, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("PUSH_EXC_INFO", Push, [__, __, __, __, __, __, 35, 35, 33, 32], [0, 0, 0, 0]),
    ("PUSH_NULL", PushNull, [__, __, __, __, __, __, 2, 2, 34, 33], [0, 0, 0, 0]),
    ("RAISE_VARARGS", Reset, [130, 130, 130, 130, 130, 130, 130, 130, 101, 104], [0, 0, 0, 0]),
    ("RERAISE", Reset, [__, __, __, __, 48, 119, 119, 119, 102, 105], [0, 0, 0, 0]),
    ("RESUME", Skip, [__, __, __, __, __, __, 151, 151, 149, 128], [0, 0, 0, 0]),
    ("RETURN_CONST", Reset, [__, __, __, __, __, __, __, 121, 103, __], [0, 0, 0, 0]),
    ("RETURN_GENERATOR", Reset, [__, __, __, __, __, __, 75, 75, 35, 34], [0, 0, 0, 0]),
    ("RETURN_VALUE", Reset, [83, 83, 83, 83, 83, 83, 83, 83, 36, 35], [0, 0, 0, 0]),
    ("ROT_FOUR", RotateFour, [5, __, __, 6, 6, 6, __, __, __, __], [0, 0, 0, 0]),
    ("ROT_N", Reset, [__, __, __, __, __, 99, __, __, __, __], [0, 0, 0, 0]),
    ("ROT_THREE", RotateThree, [3, 3, 3, 3, 3, 3, __, __, __, __], [0, 0, 0, 0]),
    ("ROT_TWO", RotateTwo, [2, 2, 2, 2, 2, 2, __, __, __, __], [0, 0, 0, 0]),
    ("SEND", Reset, [__, __, __, __, __, __, 123, 123, 104, 106], [0, 1, 1, 1]),
    ("SETUP_ANNOTATIONS", Skip, [__, 85, 85, 85, 85, 85, 85, 85, 37, 36], [0, 0, 0, 0]),
    ("SETUP_ASYNC_WITH", Reset, [__, 154, 154, 154, 154, 154, __, __, __, __], [0, 0, 0, 0]),
    ("SETUP_EXCEPT", Reset, [121, 121, 121, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("SETUP_FINALLY", Reset, [122, 122, 122, 122, 122, 122, __, __, __, __], [0, 0, 0, 0]),
    ("SETUP_LOOP", Skip, [120, 120, 120, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("SETUP_WITH", Reset, [143, 143, 143, 143, 143, 143, __, __, __, __], [0, 0, 0, 0]),
    ("SET_ADD", Pop, [146, 146, 146, 146, 146, 146, 146, 146, 105, 107], [0, 0, 0, 0]),
    ("SET_FUNCTION_ATTRIBUTE", DecorateFunction, [__, __, __, __, __, __, __, __, 106, 108], [0, 0, 0, 0]),
    ("SET_UPDATE", Pop, [__, __, __, __, 163, 163, 163, 163, 107, 109], [0, 0, 0, 0]),
    ("SLICE+0", Reset, [30, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("SLICE+1", Reset, [31, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("SLICE+2", Reset, [32, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("SLICE+3", Reset, [33, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("STOP_CODE", Reset, [0, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("STORE_ANNOTATION", StoreAnnotation, [__, 127, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("STORE_ATTR", StoreAttribute, [95, 95, 95, 95, 95, 95, 95, 95, 108, 110], [4, 4, 4, 4]),
    ("STORE_DEREF", StoreDeref, [137, 137, 137, 137, 137, 137, 138, 138, 109, 111], [0, 0, 0, 0]),
    ("STORE_FAST", StoreLocal, [125, 125, 125, 125, 125, 125, 125, 125, 110, 112], [0, 0, 0, 0]),
    ("STORE_FAST_LOAD_FAST", StoreThenLoad, [__, __, __, __, __, __, __, __, 111, 113], [0, 0, 0, 0]),
    ("STORE_FAST_STORE_FAST", StorePair, [__, __, __, __, __, __, __, __, 112, 114], [0, 0, 0, 0]),
    ("STORE_GLOBAL", StoreGlobal, [97, 97, 97, 97, 97, 97, 97, 97, 113, 115], [0, 0, 0, 0]),
    ("STORE_MAP", PopTwo, [54, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("STORE_NAME", StoreName, [90, 90, 90, 90, 90, 90, 90, 90, 114, 116], [0, 0, 0, 0]),
    ("STORE_SLICE", Reset, [__, __, __, __, __, __, __, 27, 38, 37], [0, 0, 0, 0]),
    ("STORE_SLICE+0", Reset, [40, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("STORE_SLICE+1", Reset, [41, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("STORE_SLICE+2", Reset, [42, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("STORE_SLICE+3", Reset, [43, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("STORE_SUBSCR", PopThree, [60, 60, 60, 60, 60, 60, 60, 60, 39, 38], [1, 1, 1, 1]),
    ("SWAP", Swap, [__, __, __, __, __, __, 99, 99, 115, 117], [0, 0, 0, 0]),
    ("TO_BOOL", Unary, [__, __, __, __, __, __, __, __, 40, 39], [0, 0, 3, 3]),
    ("UNARY_CONVERT", Unary, [13, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("UNARY_INVERT", Unary, [15, 15, 15, 15, 15, 15, 15, 15, 41, 40], [0, 0, 0, 0]),
    ("UNARY_NEGATIVE", Unary, [11, 11, 11, 11, 11, 11, 11, 11, 42, 41], [0, 0, 0, 0]),
    ("UNARY_NOT", Unary, [12, 12, 12, 12, 12, 12, 12, 12, 43, 42], [0, 0, 0, 0]),
    ("UNARY_POSITIVE", Unary, [10, 10, 10, 10, 10, 10, 10, __, __, __], [0, 0, 0, 0]),
    ("UNPACK_EX", Reset, [__, 94, 94, 94, 94, 94, 94, 94, 116, 118], [0, 0, 0, 0]),
    ("UNPACK_SEQUENCE", Unpack, [92, 92, 92, 92, 92, 92, 92, 92, 117, 119], [1, 1, 1, 1]),
    ("WITH_CLEANUP", Reset, [81, __, __, __, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("WITH_CLEANUP_FINISH", Reset, [__, 82, 82, 82, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("WITH_CLEANUP_START", Reset, [__, 81, 81, 81, __, __, __, __, __, __], [0, 0, 0, 0]),
    ("WITH_EXCEPT_START", Reset, [__, __, __, __, 49, 49, 49, 49, 44, 43], [0, 0, 0, 0]),
    ("YIELD_FROM", Reset, [__, 72, 72, 72, 72, 72, __, __, __, __], [0, 0, 0, 0]),
    ("YIELD_VALUE", Unary, [86, 86, 86, 86, 86, 86, 86, 150, 118, 120], [0, 0, 0, 0]),
];

/// An opcode of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opcode {
    /// What it does.
    pub act: Act,
    /// Cache entries behind it, two bytes each.
    pub caches: u8,
}

type Numbers = [Option<Opcode>; 256];

static TABLES: LazyLock<Vec<Numbers>> = LazyLock::new(|| (0..VERSIONS).map(table).collect());

fn table(version: usize) -> Numbers {
    let mut numbers = [None; 256];
    for (_, act, columns, caches) in ROWS {
        let number = columns.get(version).copied().unwrap_or(__);
        let caches = version.checked_sub(6).and_then(|i| caches.get(i));
        if number != __
            && let Some(slot) = numbers.get_mut(usize::from(number))
        {
            *slot = Some(Opcode {
                act: *act,
                caches: caches.copied().unwrap_or(0),
            });
        }
    }
    numbers
}

/// The opcode of this number in this version.
pub(super) fn opcode(python: Python, number: u8) -> Option<Opcode> {
    let table = TABLES.get(python as usize)?;
    *table.get(usize::from(number))?
}

/// What the opcode of this name does.
#[cfg(test)]
pub(super) fn act_of(name: &str) -> Option<Act> {
    ROWS.iter().find(|row| row.0 == name).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_has_two_meanings() {
        for version in 0..VERSIONS {
            let used = ROWS.iter().filter(|row| row.2[version] != __).count();
            let known = table(version).iter().flatten().count();
            assert!(known > 90, "{version}");
            assert_eq!(used, known, "{version}");
        }
    }
}
