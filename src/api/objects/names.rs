//! Names, label keys and label values: the rules of `staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go`
//! and `…/pkg/api/validate/content`, with the API server's texts.

const LABEL_TEXT: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
    start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_TEXT: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
    and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const QUALIFIED_TEXT: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_TEXT: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
    and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
    validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const CONFIG_KEY_TEXT: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  \
    or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// Longest name of a port, in bytes.
const PORT_NAME_MAX: usize = 15;
/// Longest RFC 1123 label, label value and name part of a label key, in bytes.
pub const LABEL_MAX: usize = 63;
/// Longest RFC 1123 subdomain, in bytes.
const SUBDOMAIN_MAX: usize = 253;

/// Whether `text` is `[edge]([inner]*[edge])?`.
fn framed(text: &str, edge: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(&first), Some(&last)) => edge(first) && edge(last) && bytes.iter().all(|&b| edge(b) || inner(b)),
        _ => false,
    }
}

const fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    framed(text, lower, |b| b == b'-')
}

fn is_name_part(text: &str) -> bool {
    framed(text, |b| b.is_ascii_alphanumeric(), |b| matches!(b, b'-' | b'_' | b'.'))
}

/// What is wrong with `text` as an RFC 1123 label (container names, namespaces).
#[must_use]
pub fn dns_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > LABEL_MAX {
        errors.push(format!("must be no more than {LABEL_MAX} characters"));
    }
    if !is_label(text) {
        errors.push(LABEL_TEXT.to_owned());
    }
    errors
}

/// What is wrong with `text` as an RFC 1123 subdomain (names of most objects).
#[must_use]
pub fn dns_subdomain(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > SUBDOMAIN_MAX {
        errors.push(format!("must be no more than {SUBDOMAIN_MAX} characters"));
    }
    if !text.split('.').all(is_label) {
        errors.push(SUBDOMAIN_TEXT.to_owned());
    }
    errors
}

/// What is wrong with `text` as a qualified name (label and taint keys, resource names): `[prefix/]name`.
#[must_use]
pub fn qualified_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let name = match text.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors.extend(dns_subdomain(prefix).into_iter().map(|e| format!("prefix part {e}")));
            }
            name
        }
        _ => {
            errors.push(format!(
                "a qualified name {QUALIFIED_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ));
            return errors;
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > LABEL_MAX {
        errors.push(format!("name part must be no more than {LABEL_MAX} bytes"));
    }
    if !is_name_part(name) {
        errors.push(format!("name part {QUALIFIED_TEXT}"));
    }
    errors
}

/// What is wrong with `text` as the value of a label.
#[must_use]
pub fn label_value(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > LABEL_MAX {
        errors.push(format!("must be no more than {LABEL_MAX} bytes"));
    }
    if !text.is_empty() && !is_name_part(text) {
        errors.push(LABEL_VALUE_TEXT.to_owned());
    }
    errors
}

/// What is wrong with `text` as the name of a port (`IsValidPortName`).
#[must_use]
pub fn port_name(text: &str) -> Vec<String> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let faults = [
        (text.len() > PORT_NAME_MAX, "must be no more than 15 characters"),
        (
            !text.bytes().all(|byte| is_letter(byte) || byte == b'-') || text.is_empty(),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (
            !text.bytes().any(|byte| byte.is_ascii_lowercase()),
            "must contain at least one letter (a-z)",
        ),
        (text.contains("--"), "must not contain consecutive hyphens"),
        (
            text.starts_with('-') || text.ends_with('-'),
            "must not begin or end with a hyphen",
        ),
    ];
    let faults = faults.into_iter().filter(|(is_wrong, _)| *is_wrong);
    faults.map(|(_, text)| text.to_owned()).collect()
}

/// What is wrong with `text` as a key of a ConfigMap or Secret (`IsConfigMapKey`).
#[must_use]
pub fn config_key(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > SUBDOMAIN_MAX {
        errors.push(format!("must be no more than {SUBDOMAIN_MAX} characters"));
    }
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if text.is_empty() || !text.bytes().all(is_letter) {
        errors.push(CONFIG_KEY_TEXT.to_owned());
    }
    if matches!(text, "." | "..") {
        errors.push(format!("must not be '{text}'"));
    } else if text.starts_with("..") {
        errors.push("must not start with '..'".to_owned());
    }
    errors
}

/// A name near `wrong` that keeps to RFC 1123: lower case, other characters as `-`.
#[must_use]
pub fn repaired(wrong: &str) -> Option<String> {
    let right: String = wrong
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .collect();
    let right = right.trim_matches(['-', '.']).to_owned();
    dns_subdomain(&right).is_empty().then_some(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_and_subdomains() {
        for good in ["a", "0", "my-name", "123-abc"] {
            assert!(dns_label(good).is_empty(), "{good}");
            assert!(dns_subdomain(&format!("{good}.{good}")).is_empty(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "ä"] {
            assert_eq!(dns_label(bad), [LABEL_TEXT], "{bad}");
            assert_eq!(dns_subdomain(bad), [SUBDOMAIN_TEXT], "{bad}");
        }
        assert_eq!(dns_label("a.b"), [LABEL_TEXT]);
        assert_eq!(dns_subdomain("a..b"), [SUBDOMAIN_TEXT]);
        assert_eq!(dns_label(&"a".repeat(64)), ["must be no more than 63 characters"]);
        assert_eq!(dns_subdomain(&"a".repeat(254)), ["must be no more than 253 characters"]);
    }

    #[test]
    fn keys_and_values_of_labels() {
        assert!(qualified_name("nvidia.com/gpu.product").is_empty());
        assert!(label_value("").is_empty());
        assert!(label_value("A_b-1.c").is_empty());
        assert_eq!(label_value("b c!"), [LABEL_VALUE_TEXT]);
        assert_eq!(label_value(&"a".repeat(64)), ["must be no more than 63 bytes"]);
        assert_eq!(qualified_name("/x"), ["prefix part must be non-empty"]);
        assert_eq!(qualified_name("")[0], "name part must be non-empty");
        assert_eq!(qualified_name("").len(), 2);
        assert!(qualified_name("a/b/c")[0].starts_with("a qualified name must consist of"));
        assert!(qualified_name("A_/b")[0].starts_with("prefix part a lowercase RFC 1123 subdomain"));
    }

    #[test]
    fn a_name_is_repaired_where_it_can_be() {
        assert_eq!(repaired("My_Job").as_deref(), Some("my-job"));
        assert_eq!(repaired("---"), None);
    }

    proptest! {
        #[test]
        fn what_is_repaired_is_a_name(text in ".{0,40}") {
            if let Some(name) = repaired(&text) {
                prop_assert!(dns_subdomain(&name).is_empty());
            }
        }
    }
}
