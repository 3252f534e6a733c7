//! What of pods is checked and not simulated: ports, environment, mounts, probes, volumes, policies.

use super::*;

/// What is told of a Job whose pods have these fields in their spec, and their container these.
fn told(spec: &Json, container: &Json) -> String {
    let mut object = job(&[]);
    let pod = &mut object["spec"]["template"]["spec"];
    for (key, value) in container.as_object().unwrap() {
        pod["containers"][0][key] = value.clone();
    }
    for (key, value) in spec.as_object().unwrap() {
        pod[key] = value.clone();
    }
    let told = lines(object).join("\n");
    told.replace("spec.template.spec.", "").replace("containers[0].", "")
}

#[test]
fn ports_have_numbers_and_names_of_their_own() {
    let ports = json!([
        {"containerPort": 8080, "name": "http"},
        {"containerPort": 0, "name": "http"},
        {"containerPort": 70000, "protocol": "tcp", "name": "Web_Port-with-a-long--name-"},
    ]);
    insta::assert_snapshot!(told(&json!({}), &json!({"ports": ports})), @r#"
    E ports[1].name: Duplicate value: "http"
    E ports[1].containerPort: Required value
    E ports[2].name: Invalid value: "Web_Port-with-a-long--name-": must be no more than 15 characters
    E ports[2].name: Invalid value: "Web_Port-with-a-long--name-": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)
    E ports[2].name: Invalid value: "Web_Port-with-a-long--name-": must not contain consecutive hyphens
    E ports[2].name: Invalid value: "Web_Port-with-a-long--name-": must not begin or end with a hyphen
    E ports[2].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive
    E ports[2].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"
    "#);
    let twice = json!([{"containerPort": 80, "hostPort": 80}, {"containerPort": 81, "hostPort": 80}]);
    insta::assert_snapshot!(told(&json!({"hostNetwork": true}), &json!({"ports": twice})), @r#"
    E ports[1].hostPort: Duplicate value: "TCP//80"
    E ports[1].hostPort: Invalid value: 80: must match `containerPort` when `hostNetwork` is true
    "#);
}

#[test]
fn variables_have_one_source() {
    let env = json!([
        {"name": "GOOD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        {"name": "ODD=", "value": "x"},
        {"name": "", "value": "x"},
        {"name": "NONE", "valueFrom": {}},
        {"name": "BOTH", "value": "x", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "FIELD", "valueFrom": {"fieldRef": {"fieldPath": "spec.replicas"}}},
        {"name": "RESOURCE", "valueFrom": {"resourceFieldRef": {"resource": "limits.gpu"}}},
        {"name": "KEY", "valueFrom": {"configMapKeyRef": {"name": "C", "key": "a b"}}},
    ]);
    insta::assert_snapshot!(told(&json!({}), &json!({"env": env})), @r#"
    E env[1].name: Invalid value: "ODD=": a valid environment variable name must consist only of printable ASCII characters other than '='
    E env[2].name: Required value
    E env[3].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`
    E env[4].valueFrom: Invalid value: "": may not be specified when `value` is not empty
    E env[5].valueFrom.fieldRef.fieldPath: Invalid value: "spec.replicas": error converting fieldPath: field label not supported: spec.replicas
    E env[6].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"
    E env[7].valueFrom.configMapKeyRef.name: Invalid value: "C": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    E env[7].valueFrom.configMapKeyRef.key: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
    "#);
    let sources = json!([{"prefix": "A_"}, {"configMapRef": {"name": ""}}, {"secretRef": {"name": "s"}}]);
    insta::assert_snapshot!(told(&json!({}), &json!({"envFrom": sources})), @r#"
    E envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`
    E envFrom[1].configMapRef.name: Required value
    "#);
}

#[test]
fn mounts_name_volumes() {
    let mounts = json!([
        {"name": "data", "mountPath": "/data"},
        {"name": "date", "mountPath": "/data"},
        {"name": "data"},
    ]);
    let volumes = json!([{"name": "data"}, {"name": "data", "emptyDir": {}}, {"name": "c", "configMap": {}},
        {"name": "two", "emptyDir": {}, "hostPath": {"path": "/x"}}]);
    insta::assert_snapshot!(told(&json!({"volumes": volumes}), &json!({"volumeMounts": mounts})), @r#"
    E volumes[1].name: Duplicate value: "data"
    E volumes[2].configMap.name: Required value
    E volumes[3].hostPath: Forbidden: may not specify more than 1 volume type
    E volumeMounts[1].name: Not found: "date"
    E volumeMounts[1].mountPath: Invalid value: "/data": must be unique
    E volumeMounts[2].mountPath: Required value
    "#);
    // A StatefulSet makes volumes of its claims.
    let object = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"},
        "spec": {
            "serviceName": "db", "selector": {"matchLabels": {"a": "b"}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}],
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [
                {"name": "c", "image": "i", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}},
        },
    });
    assert!(lines(object).iter().all(|line| line.starts_with("W ")));
}

#[test]
fn probes_and_hooks_do_one_thing() {
    let container = json!({
        "livenessProbe": {"httpGet": {"path": "/", "port": "http", "scheme": "http"}, "successThreshold": 2},
        "readinessProbe": {"terminationGracePeriodSeconds": 0, "exec": {"command": ["a"]}, "tcpSocket": {"port": 0}},
        "startupProbe": {"periodSeconds": -1},
        "lifecycle": {"preStop": {"sleep": {"seconds": 31}}},
    });
    let errors = told(&json!({}), &container);
    let errors: Vec<&str> = errors.lines().filter(|line| line.starts_with("E ")).collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    E lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)
    E livenessProbe.httpGet.scheme: Unsupported value: "http": supported values: "HTTP", "HTTPS"
    E livenessProbe.successThreshold: Invalid value: 2: must be 1
    E readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type
    E readinessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0
    E readinessProbe.terminationGracePeriodSeconds: Invalid value: 0: must not be set for readinessProbes
    E startupProbe: Required value: must specify a handler type
    E startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0
    "#);
    let init = json!([{"name": "init", "image": "i", "readinessProbe": {"exec": {"command": ["a"]}}}]);
    assert!(told(&json!({"initContainers": init}), &json!({})).contains(
        "E initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"
    ));
}

#[test]
fn names_and_policies_of_pods() {
    let spec = json!({
        "dnsPolicy": "None", "preemptionPolicy": "never", "hostname": "a.b", "serviceAccountName": "A",
        "schedulingGates": [{"name": "a b"}],
        "securityContext": {"runAsUser": -1},
    });
    insta::assert_snapshot!(told(&spec, &json!({"imagePullPolicy": "always", "terminationMessagePolicy": "Log"})), @r#"
    E terminationMessagePolicy: Unsupported value: "Log": supported values: "File", "FallbackToLogsOnError"
    E imagePullPolicy: Unsupported value: "always": supported values: "Always", "IfNotPresent", "Never"
    E dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None
    E preemptionPolicy: Unsupported value: "never": supported values: "PreemptLowerPriority", "Never"
    E hostname: Invalid value: "a.b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    E serviceAccountName: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    E securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive
    E schedulingGates[0]: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    "#);
}
