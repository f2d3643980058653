//! Callables that open connections or fetch from the network.

use super::Effect::UsesNetwork;
use super::index::{Group, critical, high};

/// The topic.
pub(super) const GROUPS: &[Group] = &[
    Group {
        judgement: critical(UsesNetwork, "it opens a connection or listens for one"),
        source: "CPython documentation, Internet protocols and support",
        names: &[],
        modules: &[
            "asynchat",
            "asyncore",
            "ftplib",
            "http",
            "imaplib",
            "nntplib",
            "poplib",
            "select",
            "selectors",
            "smtpd",
            "smtplib",
            "socket",
            "socketserver",
            "ssl",
            "telnetlib",
            "urllib",
            "wsgiref",
            "xmlrpc",
        ],
    },
    Group {
        judgement: critical(
            UsesNetwork,
            "the library sends requests to an address it is given",
        ),
        source: "documentation of the libraries",
        names: &[],
        modules: &[
            "aiohttp",
            "boto3",
            "botocore",
            "gradio_client",
            "grpc",
            "httpx",
            "pycurl",
            "requests",
            "tornado",
            "urllib3",
            "websocket",
            "websockets",
            "wget",
        ],
    },
    Group {
        judgement: critical(
            UsesNetwork,
            "it downloads files, often to a path it is given",
        ),
        source: "documentation of PyTorch, Keras, transformers, huggingface_hub, scikit-learn; CVE-2025-8747",
        names: &[
            "huggingface_hub.hf_hub_download",
            "huggingface_hub.snapshot_download",
            "keras.utils.data_utils.get_file",
            "keras.utils.file_utils.get_file",
            "keras.utils.get_file",
            "nltk.download",
            "nltk.downloader.download",
            "numpy.DataSource",
            "sklearn.datasets.fetch_openml",
            "torch.hub.download_url_to_file",
            "torch.hub.load_state_dict_from_url",
            "torch.utils.model_zoo.load_url",
            "torchvision.datasets.utils.download_url",
            "transformers.utils.cached_file",
        ],
        modules: &[
            "huggingface_hub",
            "torch.hub",
            "torch.utils.model_zoo",
            "transformers.utils.hub",
        ],
    },
    Group {
        judgement: high(UsesNetwork, "it reports to a tracking service"),
        source: "documentation of the services",
        names: &[],
        modules: &["comet_ml", "neptune", "sentry_sdk"],
    },
];
