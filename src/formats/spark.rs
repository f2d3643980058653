//! Metadata of Spark ML models: `metadata/part-00000`, JSON that names the class
//! of each stage.
//!
//! PySpark imports the module of the class and calls its reader; Spark does so
//! by reflection. The data of the stages are Parquet and examined as such.
//!
//! An attacker names a class of a library that happens to be there. Not checked:
//! what stands in the spec below.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::detect::globals::{Judgement, Use, judge_use};
use crate::report::escape_text;
use crate::rules::packages::SPARK_CLASS;
use crate::wire::Fault;
use crate::wire::json::{Reader, Token};

/// Libraries whose classes are stages.
const LIBRARIES: &[&str] = &[
    "com.johnsnowlabs.nlp.",
    "com.microsoft.azure.synapse.ml.",
    "com.microsoft.ml.spark.",
    "com.nvidia.spark.ml.",
    "ml.dmlc.xgboost4j.scala.spark.",
    "org.apache.spark.ml.",
    "org.apache.spark.mllib.",
    "pyspark.ml.",
    "sparknlp.",
    "synapse.ml.",
    "xgboost.spark.",
];

/// Characters of a name that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// Metadata of a Spark ML model.
pub struct SparkMetadata;

static SPEC: FormatSpec = FormatSpec {
    id: "spark-metadata",
    title: "Spark ML metadata",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("manifest"),
    references: &[
        "https://github.com/apache/spark/blob/master/mllib/src/main/scala/org/apache/spark/ml/util/ReadWrite.scala",
        "https://github.com/apache/spark/blob/master/python/pyspark/ml/util.py",
    ],
    limitations: &["Parameters of stages are not judged."],
};

impl Format for SparkMetadata {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head().trim_ascii_start();
        let has = |key: &[u8]| memchr::memmem::find(head, key).is_some();
        let is_metadata = head.starts_with(b"{") && has(b"\"class\"") && has(b"\"sparkVersion\"");
        match is_metadata {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut reader = Reader::new(source, 0..source.len());
        let mut is_class = false;
        while let Some(event) = reader.next()? {
            cx.tick()?;
            match event.token {
                Token::Key(key) => is_class = event.depth == 1 && key.value == "class",
                Token::String(text) if is_class => class(text.value, event.span, cx),
                _ => {}
            }
        }
        Ok(())
    }
}

fn class(name: &str, span: crate::report::Span, cx: &mut Context<'_>) {
    if LIBRARIES.iter().any(|library| name.starts_with(library)) {
        return;
    }
    let (module, last) = name.rsplit_once('.').unwrap_or(("builtins", name));
    let shown: String = escape_text(name).chars().take(SHOWN_CAP_CHARS).collect();
    let (severity, why) = match judge_use(module, last, Use::Called) {
        Judgement::Dangerous { severity, why, .. } => (severity, format!(": {why}")),
        _ => (SPARK_CLASS.severity, String::new()),
    };
    let message = format!("the metadata names the class `{shown}`{why}");
    let draft = SPARK_CLASS.at(span).severity(severity).message(message);
    cx.report(draft.evidence(shown));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Said, examine, mangle, recognise};
    use super::*;
    use crate::report::Severity;

    fn of(class: &str) -> String {
        format!(
            r#"{{"class":"{class}","timestamp":1,"sparkVersion":"3.5.0","uid":"x","paramMap":{{"class":"a.B"}}}}"#
        )
    }

    fn said(class: &str) -> Said {
        examine(&SparkMetadata, "part-00000", of(class))
    }

    #[test]
    fn classes_of_spark_are_clean_and_others_are_told() {
        assert!(said("org.apache.spark.ml.PipelineModel").is_clean());
        assert!(said("pyspark.ml.pipeline.PipelineModel").is_clean());
        assert_eq!(
            said("mine.stages.Clean").severity("spark-foreign-class"),
            Severity::Low
        );
        assert_eq!(
            said("os.system").severity("spark-foreign-class"),
            Severity::Critical
        );
        assert_eq!(recognise(&SparkMetadata, "x", of("a.B")), Claim::Structure);
        assert_eq!(recognise(&SparkMetadata, "x", "{\"class\": 1}"), Claim::No);
        mangle(&SparkMetadata, "x", of("a.B").as_bytes());
    }
}
