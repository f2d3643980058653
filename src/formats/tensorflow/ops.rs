//! The operators that act on more than tensors, and what each of them does.
//!
//! A *row* is one operator: what it acts on, where the name of what it acts on
//! stands, and in a sentence why it is here. Operators that are not in the
//! table compute. Those that every model has (`SaveV2`, `RestoreV2`, tables)
//! are rows whose act alone is nothing: only a path that leads away from the
//! model makes them a finding.
//!
//! Sources: TensorFlow's operator definitions (`core/ops/*.cc`) and its
//! `SECURITY.md`; the published surveys of operators that abuse them.

/// What an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Act {
    /// Reads a whole file.
    ReadsFile,
    /// Lists files.
    ListsFiles,
    /// Maps a file into memory as a tensor.
    MapsFile,
    /// Writes a file.
    WritesFile,
    /// Writes a checkpoint, which every model can.
    Saves,
    /// Keeps data or a log in files.
    Keeps,
    /// Reads a checkpoint or records of training data.
    Opens,
    /// Reads a vocabulary.
    ReadsTable,
    /// Reads the types of messages, from a file unless it is told otherwise.
    ReadsTypes,
    /// Takes file names from a queue and reads the files.
    ReadsQueue,
    /// Calls a Python function of the process.
    CallsPython,
    /// Prints, to a file if it is told so.
    Prints,
    /// Sends copies of a tensor to files or hosts.
    Debugs,
    /// Sends requests to a host, or serves them.
    Calls,
    /// Shares work with hosts that the graph or its cluster names.
    SharesWork,
    /// Queries a database.
    Queries,
    /// Runs a graph that is the value of a tensor.
    RunsGraph,
    /// Hands bytes to an engine, or calls a registered function.
    RunsEngine,
    /// Ends the process, or changes its settings.
    ChangesProcess,
}

/// Where the names stand that an operator acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Operand {
    /// There are none.
    Nothing,
    /// In this input, counted from 0.
    Input(usize),
    /// In this attribute.
    Attr(&'static str),
}

/// One operator.
#[derive(Debug)]
pub(in crate::formats) struct Row {
    /// Its name in the graph.
    pub(in crate::formats) op: &'static str,
    pub(in crate::formats) act: Act,
    pub(in crate::formats) operand: Operand,
    /// What it does, as a sentence that begins with a verb.
    pub(in crate::formats) why: &'static str,
}

const fn row(op: &'static str, act: Act, operand: Operand, why: &'static str) -> Row {
    Row {
        op,
        act,
        operand,
        why,
    }
}

/// The row of this operator.
pub(in crate::formats) fn find(op: &[u8]) -> Option<&'static Row> {
    let at = ROWS
        .binary_search_by(|row| row.op.as_bytes().cmp(op))
        .ok()?;
    ROWS.get(at)
}

use Act::*;
use Operand::{Attr, Input, Nothing};

const RECORDS: &str = "reads records of training data from files, lazily, when it is iterated";
const QUEUE: &str = "reads the files whose names come out of a queue";
const ENGINE: &str = "loads an engine for another processor from bytes in the graph";
const TABLE: &str = "reads the keys and values of a table from a text file when it is initialised";
const TYPES: &str = "reads the types of messages from the file that its attribute names";
const PYTHON: &str = "calls a function that the process registered under a token";
const COLLECTIVE: &str = "exchanges tensors with the other workers of its cluster";
const CACHE: &str = "keeps the elements of a data set in files so as not to compute them again";
const DEBUG: &str = "copies a tensor to each of its debug addresses, files and hosts among them";
const SERVICE: &str = "has a data set computed by the service at an address and takes the result";

/// Every row, by name.
pub(super) static ROWS: &[Row] = &[
    row(
        "Abort",
        ChangesProcess,
        Nothing,
        "ends the process as a failed check does",
    ),
    row("CSVDataset", Opens, Input(0), RECORDS),
    row("CSVDatasetV2", Opens, Input(0), RECORDS),
    row("CacheDataset", Keeps, Input(1), CACHE),
    row("CacheDatasetV2", Keeps, Input(1), CACHE),
    row(
        "CalibrationStatisticsSaver",
        WritesFile,
        Attr("output_file_path"),
        "writes statistics to the file that its attribute names",
    ),
    row("CollectiveAllToAllV2", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveAllToAllV3", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveBcastRecv", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveBcastRecvV2", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveBcastSend", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveBcastSendV2", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveGather", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveGatherV2", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveReduce", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveReduceScatterV2", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveReduceV2", SharesWork, Nothing, COLLECTIVE),
    row("CollectiveReduceV3", SharesWork, Nothing, COLLECTIVE),
    row(
        "CreateSummaryDbWriter",
        Queries,
        Input(1),
        "opens a database file and writes summaries and the names of user and experiment to it",
    ),
    row(
        "CreateSummaryFileWriter",
        Keeps,
        Input(1),
        "writes summaries of the run to files in a directory",
    ),
    row(
        "DTensorRestoreV2",
        Opens,
        Input(0),
        "reads tensors from a checkpoint",
    ),
    row("DataServiceDataset", SharesWork, Input(2), SERVICE),
    row("DataServiceDatasetV2", SharesWork, Input(3), SERVICE),
    row("DataServiceDatasetV3", SharesWork, Input(3), SERVICE),
    row("DataServiceDatasetV4", SharesWork, Input(3), SERVICE),
    row(
        "DatasetFromGraph",
        RunsGraph,
        Input(0),
        "makes a data set of the graph that its input holds in serialised form, and runs it",
    ),
    row(
        "DatasetToTFRecord",
        WritesFile,
        Input(1),
        "writes the elements of a data set to a file of its name",
    ),
    row("DebugIdentity", Debugs, Attr("debug_urls"), DEBUG),
    row("DebugIdentityV2", Debugs, Attr("debug_urls"), DEBUG),
    row("DebugIdentityV3", Debugs, Attr("debug_urls"), DEBUG),
    row("DebugNanCount", Debugs, Attr("debug_urls"), DEBUG),
    row("DebugNumericSummary", Debugs, Attr("debug_urls"), DEBUG),
    row(
        "DecodeProtoV2",
        ReadsTypes,
        Attr("descriptor_source"),
        TYPES,
    ),
    row(
        "DistributedSave",
        WritesFile,
        Input(1),
        "has the workers of a service write a data set to a directory",
    ),
    row(
        "DumpTensor",
        WritesFile,
        Attr("log_dir_path"),
        "writes a tensor to a file in the directory that its attribute names",
    ),
    row("EagerPyFunc", CallsPython, Attr("token"), PYTHON),
    row("EncodeProto", ReadsTypes, Attr("descriptor_source"), TYPES),
    row("ExperimentalCSVDataset", Opens, Input(0), RECORDS),
    row(
        "ExperimentalDatasetToTFRecord",
        WritesFile,
        Input(1),
        "writes the elements of a data set to a file of its name",
    ),
    row("ExperimentalLMDBDataset", Opens, Input(0), RECORDS),
    row(
        "ExperimentalMatchingFilesDataset",
        ListsFiles,
        Input(0),
        "lists the files that match a pattern, one element each",
    ),
    row(
        "ExperimentalSqlDataset",
        Queries,
        Input(1),
        "opens a SQLite database and runs the query of its input",
    ),
    row(
        "FileSystemSetConfiguration",
        ChangesProcess,
        Nothing,
        "sets an option of a file system for the whole process, such as its endpoint",
    ),
    row("FixedLengthRecordDataset", Opens, Input(0), RECORDS),
    row("FixedLengthRecordDatasetV2", Opens, Input(0), RECORDS),
    row("FixedLengthRecordReader", ReadsQueue, Nothing, QUEUE),
    row("FixedLengthRecordReaderV2", ReadsQueue, Nothing, QUEUE),
    row(
        "FixedUnigramCandidateSampler",
        Opens,
        Attr("vocab_file"),
        "reads counts of words from the file that its attribute names",
    ),
    row(
        "GenerateVocabRemapping",
        Opens,
        Input(0),
        "reads two vocabularies from files",
    ),
    row(
        "ImmutableConst",
        MapsFile,
        Attr("memory_region_name"),
        "maps the file that its attribute names into memory and gives its bytes as a tensor",
    ),
    row("InitializeTableFromTextFile", ReadsTable, Input(1), TABLE),
    row("InitializeTableFromTextFileV2", ReadsTable, Input(1), TABLE),
    row("LMDBDataset", Opens, Input(0), RECORDS),
    row("LMDBReader", ReadsQueue, Nothing, QUEUE),
    row("ListSnapshotChunksDataset", Opens, Input(0), RECORDS),
    row(
        "LoadAndRemapMatrix",
        Opens,
        Input(0),
        "reads a matrix from a checkpoint",
    ),
    row(
        "LoadDataset",
        Opens,
        Input(0),
        "reads a saved data set from a directory",
    ),
    row(
        "MatchingFiles",
        ListsFiles,
        Input(0),
        "lists the files that match a pattern",
    ),
    row(
        "MatchingFilesDataset",
        ListsFiles,
        Input(0),
        "lists the files that match a pattern, one element each",
    ),
    row(
        "MergeV2Checkpoints",
        Saves,
        Input(1),
        "joins parts of a checkpoint to one of another name, and removes the parts",
    ),
    row(
        "PrintV2",
        Prints,
        Attr("output_stream"),
        "prints to a stream, or appends to a file where the stream is called `file://...`",
    ),
    row("PyFunc", CallsPython, Attr("token"), PYTHON),
    row("PyFuncStateless", CallsPython, Attr("token"), PYTHON),
    row(
        "ReadFile",
        ReadsFile,
        Input(0),
        "gives the content of the file of its name",
    ),
    row("RecordInput", Opens, Attr("file_pattern"), RECORDS),
    row(
        "RegisterDataset",
        SharesWork,
        Input(1),
        "registers a data set with the service at an address",
    ),
    row(
        "RegisterDatasetV2",
        SharesWork,
        Input(1),
        "registers a data set with the service at an address",
    ),
    row(
        "RemoteFusedGraphExecute",
        RunsEngine,
        Nothing,
        "hands a graph to the executor that its attribute names",
    ),
    row(
        "Restore",
        Opens,
        Input(0),
        "reads a tensor from a checkpoint",
    ),
    row(
        "RestoreSlice",
        Opens,
        Input(0),
        "reads a slice of a tensor from a checkpoint",
    ),
    row(
        "RestoreV2",
        Opens,
        Input(0),
        "reads tensors from a checkpoint",
    ),
    row(
        "Rpc",
        Calls,
        Input(0),
        "sends its input to the server at an address and takes the answer",
    ),
    row(
        "RpcCall",
        Calls,
        Nothing,
        "calls a function of another process",
    ),
    row(
        "RpcClient",
        Calls,
        Input(0),
        "opens a connection to the server at an address",
    ),
    row(
        "RpcServer",
        Calls,
        Input(0),
        "opens a port and serves calls of registered functions",
    ),
    row("Save", Saves, Input(0), "writes tensors to a checkpoint"),
    row(
        "SaveDataset",
        WritesFile,
        Input(1),
        "writes the elements of a data set to files in a directory",
    ),
    row(
        "SaveDatasetV2",
        WritesFile,
        Input(1),
        "writes the elements of a data set to files in a directory",
    ),
    row(
        "SaveSlices",
        Saves,
        Input(0),
        "writes slices of tensors to a checkpoint",
    ),
    row("SaveV2", Saves, Input(0), "writes tensors to a checkpoint"),
    row(
        "Skipgram",
        Opens,
        Attr("filename"),
        "reads the corpus from the file that its attribute names",
    ),
    row("SnapshotChunkDataset", Opens, Input(0), RECORDS),
    row("SnapshotDataset", Keeps, Input(1), CACHE),
    row("SnapshotDatasetReader", Opens, Input(0), RECORDS),
    row("SnapshotDatasetV2", Keeps, Input(1), CACHE),
    row(
        "SqlDataset",
        Queries,
        Input(1),
        "opens a SQLite database and runs the query of its input",
    ),
    row("TFRecordDataset", Opens, Input(0), RECORDS),
    row("TFRecordDatasetV2", Opens, Input(0), RECORDS),
    row("TFRecordReader", ReadsQueue, Nothing, QUEUE),
    row("TFRecordReaderV2", ReadsQueue, Nothing, QUEUE),
    row(
        "TPUExecute",
        RunsEngine,
        Nothing,
        "runs a program that was compiled for a TPU",
    ),
    row("TRTEngineOp", RunsEngine, Nothing, ENGINE),
    row("TensorRTEngineOp", RunsEngine, Nothing, ENGINE),
    row("TextLineDataset", Opens, Input(0), RECORDS),
    row("TextLineReader", ReadsQueue, Nothing, QUEUE),
    row("TextLineReaderV2", ReadsQueue, Nothing, QUEUE),
    row(
        "TfLiteSubgraphExecute",
        RunsEngine,
        Nothing,
        "runs a part of a TensorFlow Lite model",
    ),
    row(
        "TryRpc",
        Calls,
        Input(0),
        "sends its input to the server at an address and takes the answer",
    ),
    row("WholeFileReader", ReadsQueue, Nothing, QUEUE),
    row("WholeFileReaderV2", ReadsQueue, Nothing, QUEUE),
    row(
        "WriteFile",
        WritesFile,
        Input(0),
        "writes its input to the file of its name, and makes the directories to it",
    ),
    row(
        "XlaCustomCall",
        RunsEngine,
        Attr("target_name"),
        "calls a native function that the process registered under a name",
    ),
    row(
        "XlaCustomCallV2",
        RunsEngine,
        Attr("call_target_name"),
        "calls a native function that the process registered under a name",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_say_what_they_do() {
        assert!(ROWS.windows(2).all(|pair| pair[0].op < pair[1].op));
        for row in ROWS {
            assert!(row.why.len() > 10 && !row.why.ends_with('.'), "{}", row.op);
            assert!(std::ptr::eq(find(row.op.as_bytes()).unwrap(), row));
        }
        for op in [
            "Add",
            "MatMul",
            "ReadVariableOp",
            "StaticRegexFullMatch",
            "",
        ] {
            assert!(find(op.as_bytes()).is_none(), "{op}");
        }
    }
}
