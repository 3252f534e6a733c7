//! Frames of the examples in the lessons.

/// A Job: lines of its `spec`, of its pods' `spec` and of its container.
macro_rules! job {
    ($spec:literal, $pod:literal, $container:literal) => {
        concat!(
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: train\nspec:\n",
            $spec,
            "  template:\n    spec:\n",
            $pod,
            "      containers:\n      - name: main\n",
            $container
        )
    };
    // A container that nothing is wrong with.
    ($spec:literal, $pod:literal) => {
        job!(
            $spec,
            $pod,
            "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, nvidia.com/gpu: 1}\n"
        )
    };
    ($spec:literal) => {
        job!($spec, "      restartPolicy: Never\n")
    };
}

/// A Deployment: lines of its `spec` and of its pods' `spec`.
macro_rules! deployment {
    ($spec:literal, $pod:literal, $container:literal) => {
        concat!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n",
            $spec,
            "  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}\n    spec:\n",
            $pod,
            "      containers:\n      - name: server\n",
            $container
        )
    };
    ($spec:literal, $pod:literal) => {
        deployment!(
            $spec,
            $pod,
            "        image: example.com/web:2.0\n        resources:\n          requests: {cpu: 1, memory: 2Gi}\n          limits: {memory: 2Gi}\n"
        )
    };
    ($spec:literal) => {
        deployment!($spec, "")
    };
}

pub(crate) use {deployment, job};
