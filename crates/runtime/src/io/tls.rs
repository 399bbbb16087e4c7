//! TLS by rustls: certificates, keys, and whom to trust. Nothing is set up before the first connection that needs it.

use std::sync::{Arc, OnceLock};

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Where systems keep the certificates that they trust.
const AUTHORITIES: &[&str] =
    &["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// What both sides speak inside TLS, the best first.
fn protocols() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err("there is no certificate in the text".to_string()),
        Err(error) => Err(format!("the certificate cannot be read: {error}")),
    }
}

/// A server's side, with its certificates and its key as PEM.
pub fn acceptor(certificate: &str, key: &str) -> Result<TlsAcceptor, String> {
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|error| format!("the key cannot be read: {error}"))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let config = builder.with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.map_err(|error| error.to_string())?;
    config.alpn_protocols = protocols();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A client's side. It trusts these authorities (PEM), or those that the system trusts.
pub fn connector(authorities: Option<&str>) -> Result<TlsConnector, String> {
    static SYSTEM: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let config = match authorities {
        Some(pem) => client_config(pem)?,
        None => SYSTEM.get_or_init(|| client_config(&system_authorities()?)).clone()?,
    };
    Ok(TlsConnector::from(config))
}

fn client_config(authorities: &str) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(authorities)?);
    if added == 0 {
        return Err("there is no authority to trust among the certificates".to_string());
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols();
    Ok(Arc::new(config))
}

fn system_authorities() -> Result<String, String> {
    let named = std::env::var("SSL_CERT_FILE").ok();
    let paths = named.iter().map(String::as_str).chain(AUTHORITIES.iter().copied());
    let mut texts = paths.filter_map(|path| std::fs::read_to_string(path).ok());
    texts.next().ok_or_else(|| "this system names no authorities to trust; SSL_CERT_FILE may".to_string())
}

pub fn server_name(host: String) -> Result<ServerName<'static>, String> {
    ServerName::try_from(host).map_err(|error| error.to_string())
}
