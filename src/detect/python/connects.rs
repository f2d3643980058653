//! Which calls of network libraries connect.
//!
//! The tables of [`globals`](crate::detect::globals) call whole libraries
//! networking: what a pickle takes out of `urllib3` is foreign, whatever it is.
//! Code that is imported sets such libraries up all the time, by calls that
//! send nothing: `urllib3.disable_warnings`, `http.cookiejar.CookieJar`,
//! `urllib3.contrib.pyopenssl.inject_into_urllib3`. So of code only those calls
//! are told that reach another machine, or make something that is there to.
//!
//! An attacker wraps the call: the wrapper is judged where it stands.

/// Functions and methods that connect, listen, look up or transfer, by the last
/// part of their paths: documentation of the libraries.
const VERBS: &[&str] = &[
    "accept",
    "bind",
    "build_opener",
    "client",
    "connect",
    "connectSSL",
    "connectTCP",
    "connect_ex",
    "connection_from_host",
    "connection_from_url",
    "create_connection",
    "create_repo",
    "create_server",
    "delete",
    "delete_repo",
    "download",
    "download_file",
    "endheaders",
    "fetch",
    "from_url",
    "get",
    "get_file",
    "get_server_certificate",
    "getaddrinfo",
    "gethostbyaddr",
    "gethostbyname",
    "gethostbyname_ex",
    "getnameinfo",
    "getresponse",
    "head",
    "hf_hub_download",
    "listen",
    "listenSSL",
    "listenTCP",
    "login",
    "make_server",
    "open",
    "open_connection",
    "open_tcp_listeners",
    "open_tcp_stream",
    "open_unix_connection",
    "options",
    "patch",
    "perform",
    "post",
    "put",
    "request",
    "retrbinary",
    "retrieve",
    "retrlines",
    "run_app",
    "run_forever",
    "send",
    "send_message",
    "sendall",
    "sendfile",
    "sendmail",
    "sendmsg",
    "sendto",
    "serve",
    "serve_tcp",
    "session",
    "snapshot_download",
    "start_server",
    "start_unix_server",
    "storbinary",
    "storlines",
    "stream",
    "upload_file",
    "upload_folder",
    "urlopen",
    "urlretrieve",
    "websocket_connect",
    "ws_connect",
];

/// Classes whose objects are connections, clients or servers. Which of their
/// methods is called is not followed, so making one counts.
const CLASSES: &[&str] = &[
    "Context",
    "Curl",
    "DataSource",
    "FTPHost",
    "FancyURLopener",
    "HfApi",
    "HfFileSystem",
    "OpenerDirector",
    "PoolManager",
    "ProxyManager",
    "Redis",
    "Repository",
    "SOCKSProxyManager",
    "ServerProxy",
    "StrictRedis",
    "Telnet",
    "URLopener",
    "WebSocket",
    "WebSocketApp",
    "socket",
];

/// Endings of the names of such classes.
const CLASS_ENDINGS: &[&str] = &[
    "Client",
    "Connection",
    "ConnectionPool",
    "Listener",
    "Server",
    "Session",
];

/// Beginnings of the names of such classes.
const CLASS_BEGINNINGS: &[&str] = &["FTP", "IMAP4", "LMTP", "NNTP", "POP3", "SMTP"];

/// Whether a call of the object of this path, which lies in a library of the
/// network, reaches another machine or makes something that is there to.
pub(super) fn connects(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    VERBS.contains(&last)
        || CLASSES.contains(&last)
        || CLASS_ENDINGS.iter().any(|ending| last.ends_with(ending))
        || CLASS_BEGINNINGS.iter().any(|front| last.starts_with(front))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_reach_a_machine_are_told_from_those_that_set_a_library_up() {
        for path in [
            "requests.get",
            "requests.api.post",
            "requests.Session",
            "urllib.request.urlopen",
            "urllib.request.build_opener",
            "urllib3.PoolManager",
            "http.client.HTTPSConnection",
            "socket.create_connection",
            "socket.socket",
            "socket.getaddrinfo",
            "ftplib.FTP_TLS",
            "smtplib.SMTP_SSL",
            "xmlrpc.client.ServerProxy",
            "httpx.AsyncClient",
            "aiohttp.ClientSession",
            "tornado.httpclient.AsyncHTTPClient",
            "wget.download",
        ] {
            assert!(connects(path), "{path}");
        }
        for path in [
            "urllib3.contrib.pyopenssl.inject_into_urllib3",
            "urllib3.disable_warnings",
            "urllib3.add_stderr_logger",
            "requests.utils.default_headers",
            "requests.auth.HTTPBasicAuth",
            "http.cookiejar.CookieJar",
            "urllib.request.Request",
            "socket.setdefaulttimeout",
            "tornado.log.enable_pretty_logging",
            "httpx.Timeout",
        ] {
            assert!(!connects(path), "{path}");
        }
    }
}
