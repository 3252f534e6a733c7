//! The committed field lists are those of Kubernetes 1.36, as the crate k8s-openapi has them from its OpenAPI document.
//!
//! `UPDATE_SCHEMA=1 cargo test --test it schema` writes the file anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use k8s_openapi::Resource;
use k8s_openapi::api::{
    admissionregistration, apps, authentication, authorization, autoscaling, batch, certificates, coordination, core,
    discovery, events, flowcontrol, networking, node, policy, rbac, resource, scheduling, storage, storagemigration,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/schema/kubernetes-1.36.txt");

const HEADER: &str = "\
# Field lists of Kubernetes 1.36. Generated from the crate k8s-openapi by tests/it/schema.rs; do not edit.
#
# kind VERSION KIND TYPE   a kind whose fields are checked
# known VERSION KIND       another kind of Kubernetes
# type NAME                a type; its fields follow, indented, each with its type: []T is a list, {}T a map
";

/// The tables while they grow.
#[derive(Default)]
struct Tables {
    kinds: BTreeSet<String>,
    types: BTreeMap<String, Value>,
}

/// `batch.v1.JobSpec` from `io.k8s.api.batch.v1.JobSpec`.
fn short(name: &str) -> &str {
    name.strip_prefix("io.k8s.api.")
        .or_else(|| name.strip_prefix("io.k8s.apimachinery.pkg.apis."))
        .unwrap_or(name)
}

impl Tables {
    fn add_known<T: Resource>(&mut self) {
        self.kinds.insert(format!("known {} {}", T::API_VERSION, T::KIND));
    }

    fn add_kind<T: Resource + JsonSchema>(&mut self) {
        let name = T::schema_name().into_owned();
        let (version, kind) = (T::API_VERSION, T::KIND);
        self.kinds.insert(format!("kind {version} {kind} {}", short(&name)));
        let root = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
        if let Some(definitions) = root["$defs"].as_object() {
            self.types
                .extend(definitions.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        self.types.insert(name, root);
    }

    fn type_of(&self, schema: &Value) -> String {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            let definition = &self.types[name];
            return if definition["properties"].is_object() {
                short(name).to_owned()
            } else {
                match name.rsplit('.').next().unwrap() {
                    "Quantity" => "quantity".to_owned(),
                    "IntOrString" => "int-or-string".to_owned(),
                    _ => self.type_of(definition),
                }
            };
        }
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("boolean"), None) => "bool".to_owned(),
            (Some("integer"), Some(format @ ("int32" | "int64"))) => format.to_owned(),
            (Some("number"), Some("double")) => "float64".to_owned(),
            (Some("string"), None) => "string".to_owned(),
            (Some("string"), Some("byte")) => "bytes".to_owned(),
            (Some("string"), Some("date-time")) => "time".to_owned(),
            (Some("array"), None) => format!("[]{}", self.type_of(&schema["items"])),
            (Some("object"), None) if schema["additionalProperties"].is_object() => {
                format!("{{}}{}", self.type_of(&schema["additionalProperties"]))
            }
            (Some("object"), None) => "any".to_owned(),
            other => panic!("{other:?} is new: {schema}"),
        }
    }

    fn print(&self) -> String {
        let mut text = HEADER.to_owned();
        for line in &self.kinds {
            writeln!(text, "{line}").unwrap();
        }
        for (name, schema) in &self.types {
            if let Some(properties) = schema["properties"].as_object() {
                writeln!(text, "type {}", short(name)).unwrap();
                let sorted: BTreeMap<&String, &Value> = properties.iter().collect();
                for (field, schema) in sorted {
                    writeln!(text, " {field} {}", self.type_of(schema)).unwrap();
                }
            } else if schema["type"] == "object" {
                // A struct without fields, such as PodSchedulingPolicy's `basic`.
                assert!(
                    schema["additionalProperties"].is_null() && short(name) == "meta.v1.FieldsV1",
                    "{name} has no fields"
                );
            }
        }
        text
    }
}

macro_rules! add {
    ($tables:ident . $method:ident: $($type:ty),+ $(,)?) => { $( $tables.$method::<$type>(); )+ };
}

fn generate() -> String {
    let mut tables = Tables::default();
    add!(tables.add_kind: core::v1::Node, core::v1::Pod, core::v1::Namespace, core::v1::Service, core::v1::ConfigMap,
        core::v1::Secret, core::v1::ServiceAccount, core::v1::PersistentVolumeClaim, core::v1::ResourceQuota,
        core::v1::LimitRange, batch::v1::Job, batch::v1::CronJob, apps::v1::Deployment, apps::v1::ReplicaSet,
        apps::v1::StatefulSet, apps::v1::DaemonSet, autoscaling::v1::HorizontalPodAutoscaler,
        autoscaling::v2::HorizontalPodAutoscaler, scheduling::v1::PriorityClass, policy::v1::PodDisruptionBudget);
    add!(tables.add_known: core::v1::Binding, core::v1::ComponentStatus, core::v1::Endpoints, core::v1::Event,
        core::v1::PersistentVolume, core::v1::PodTemplate, core::v1::ReplicationController, apps::v1::ControllerRevision,
        admissionregistration::v1::MutatingAdmissionPolicy, admissionregistration::v1::MutatingAdmissionPolicyBinding,
        admissionregistration::v1::MutatingWebhookConfiguration, admissionregistration::v1::ValidatingAdmissionPolicy,
        admissionregistration::v1::ValidatingAdmissionPolicyBinding,
        admissionregistration::v1::ValidatingWebhookConfiguration,
        admissionregistration::v1beta1::MutatingAdmissionPolicy,
        admissionregistration::v1beta1::MutatingAdmissionPolicyBinding, apiextensions::v1::CustomResourceDefinition,
        apiregistration::v1::APIService, authentication::v1::SelfSubjectReview, authentication::v1::TokenReview,
        authorization::v1::LocalSubjectAccessReview, authorization::v1::SelfSubjectAccessReview,
        authorization::v1::SelfSubjectRulesReview, authorization::v1::SubjectAccessReview,
        certificates::v1::CertificateSigningRequest, certificates::v1beta1::ClusterTrustBundle,
        certificates::v1beta1::PodCertificateRequest, coordination::v1::Lease, coordination::v1beta1::LeaseCandidate,
        discovery::v1::EndpointSlice, events::v1::Event, flowcontrol::v1::FlowSchema,
        flowcontrol::v1::PriorityLevelConfiguration, networking::v1::IPAddress, networking::v1::Ingress,
        networking::v1::IngressClass, networking::v1::NetworkPolicy, networking::v1::ServiceCIDR,
        networking::v1beta1::IPAddress, networking::v1beta1::ServiceCIDR, node::v1::RuntimeClass, policy::v1::Eviction,
        rbac::v1::ClusterRole, rbac::v1::ClusterRoleBinding, rbac::v1::Role, rbac::v1::RoleBinding,
        resource::v1::DeviceClass, resource::v1::ResourceClaim, resource::v1::ResourceClaimTemplate,
        resource::v1::ResourceSlice, resource::v1beta1::DeviceClass, resource::v1beta1::ResourceClaim,
        resource::v1beta1::ResourceClaimTemplate, resource::v1beta1::ResourceSlice, resource::v1beta2::DeviceClass,
        resource::v1beta2::ResourceClaim, resource::v1beta2::ResourceClaimTemplate, resource::v1beta2::ResourceSlice,
        scheduling::v1alpha2::PodGroup, scheduling::v1alpha2::Workload, storage::v1::CSIDriver, storage::v1::CSINode,
        storage::v1::CSIStorageCapacity, storage::v1::StorageClass, storage::v1::VolumeAttachment,
        storage::v1::VolumeAttributesClass, storage::v1beta1::VolumeAttributesClass,
        storagemigration::v1beta1::StorageVersionMigration);
    tables.print()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a switch for the maintainer, not for the program"
)]
fn field_lists_are_those_of_kubernetes_1_36() {
    let generated = generate();
    if std::env::var("UPDATE_SCHEMA").is_ok_and(|v| v == "1") {
        std::fs::write(FILE, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    let different = committed.lines().zip(generated.lines()).find(|(a, b)| a != b);
    assert_eq!(different, None, "run with UPDATE_SCHEMA=1");
    assert!(committed == generated, "run with UPDATE_SCHEMA=1");
}
