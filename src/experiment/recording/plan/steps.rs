//! Actions as steps of a script.

use super::super::actions::{Action, ObjectRef, Target, Trigger, Verb};
use super::Planner;
use crate::cluster::spec::ObjectSpec;
use crate::kernel::{SimDuration, SimTime};
use crate::workload::script::{self, MetricsReport, NodeRef, ObjectKind, Order, PodRef, Step, When};

impl Planner<'_> {
    pub(super) fn submit_initial(&mut self, object: &ObjectRef) {
        match self.manifests.spec(object) {
            Some(spec) => self.steps.push(Step::at(SimTime::ZERO, one(spec))),
            None if self.manifests.is_inert(object) => {}
            None => self
                .not_replayed
                .push(format!("initial {} {}", object.kind, object.name)),
        }
    }

    pub(super) fn action(&mut self, action: &Action) {
        if matches!(&action.verb, Verb::Other(verb) if verb == "request") {
            self.requests += 1;
            return;
        }
        let namespace = action
            .namespace
            .clone()
            .or_else(|| self.actions.options.namespace.clone());
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        if action.waited_for_unknown {
            let told = format!("what it waited for ({})", action.text);
            self.not_replayed.push(told);
        }
        if self.is_of_a_service(action) {
            return;
        }
        if let Verb::Submit(sent) = &action.verb
            && (sent.len() > 1 || action.when.is_none())
        {
            self.submit(sent, &action.text);
            return;
        }
        let Some(played) = self.played(action, &namespace) else {
            let is_told = self.not_replayed.last() == Some(&action.text);
            if !is_told && self.problems.is_empty() {
                self.not_replayed.push(action.text.clone());
            }
            return;
        };
        let when = self.when(action, &namespace);
        self.steps.push(Step { when, action: played });
    }

    /// Requests at given times, each a step of its own.
    fn submit(&mut self, sent: &[(f64, ObjectRef)], text: &str) {
        let together = sent.len() > 1;
        for (at, object) in sent {
            let Some(spec) = self.object(object) else {
                if self.problems.is_empty() && !self.manifests.is_inert(object) {
                    self.not_replayed
                        .push(format!("{text}: {} {}", object.kind, object.name));
                }
                continue;
            };
            let own = self.time(*at);
            let reached = if together { self.as_seen(object, own) } else { own };
            if together {
                self.sent.insert(self.steps.len(), own);
            }
            self.timed.push(format!("{}/{}", object.kind, object.name));
            self.steps.push(Step::at(reached, one(spec)));
        }
    }

    fn object(&mut self, object: &ObjectRef) -> Option<ObjectSpec> {
        if !self.manifests.has(object) {
            self.unknown(object);
        }
        self.manifests.spec(object)
    }

    fn objects(&mut self, objects: &[ObjectRef]) -> Option<Vec<ObjectSpec>> {
        let acting = objects.iter().filter(|object| !self.manifests.is_inert(object));
        let acting: Vec<ObjectRef> = acting.cloned().collect();
        let specs: Vec<Option<ObjectSpec>> = acting.iter().map(|object| self.object(object)).collect();
        specs.into_iter().collect()
    }

    /// When the request for an object must have left to be seen when it was. Requests in flight together reach the API server in
    /// an order of their own, and each waits for the others; the recording tells what came of it.
    fn as_seen(&self, object: &ObjectRef, sent: SimTime) -> SimTime {
        let before = self.plane.client.apply_cost + self.plane.api_latency + self.plane.watch_latency;
        let rows = self.real.of_kind(&object.kind);
        let seen = rows
            .into_iter()
            .find(|row| row.event == "created" && row.name == object.name);
        seen.map_or(sent, |row| self.time(row.at - before.as_secs_f64()))
    }

    /// The action, unless it is not simulated.
    fn played(&mut self, action: &Action, namespace: &str) -> Option<script::Action> {
        let submit = |objects, order| script::Action::Submit { objects, order };
        Some(match &action.verb {
            Verb::Submit(sent) => {
                let objects: Vec<ObjectRef> = sent.iter().map(|(_, object)| object.clone()).collect();
                submit(self.objects(&objects)?, Order::default())
            }
            Verb::SubmitSequential(objects) => submit(self.objects(objects)?, Order::Sequential),
            Verb::SubmitBatched(k, objects) => submit(self.objects(objects)?, Order::Batched(*k)),
            Verb::SubmitWindowed(k, objects) => submit(self.objects(objects)?, Order::Windowed(*k)),
            Verb::SubmitWhenSettled {
                objects,
                gated_timeout_s,
            } => {
                let gated_timeout = seconds(*gated_timeout_s);
                submit(self.objects(objects)?, Order::WhenSettled { gated_timeout })
            }
            Verb::Patch {
                target,
                body,
                subresource,
            } => {
                let Target::Named(kind, name) = target else { return None };
                match subresource.as_deref() {
                    None | Some("scale") => {}
                    // Of all that is in a status, only what a Node has to give can be set.
                    Some("status") if kind == "Node" => {}
                    Some(_) => return None,
                }
                let object = self.actions.object(kind, name);
                if !self.manifests.has(&object) {
                    self.unknown(&object);
                    return None;
                }
                match self.manifests.patch(&object, body) {
                    Ok(change) => script::Action::Update {
                        object: reference(kind, namespace, name)?,
                        change: Box::new(change?),
                    },
                    Err(problem) => {
                        self.problems.push(problem);
                        return None;
                    }
                }
            }
            Verb::Delete(Target::Named(kind, name)) if kind == "Node" => script::Action::DeleteNode {
                node: NodeRef::Named(name.clone()),
            },
            Verb::Delete(Target::Named(kind, name)) if kind != "Pod" => script::Action::Delete {
                object: reference(kind, namespace, name)?,
            },
            Verb::Delete(target) => script::Action::DeletePod {
                pod: pod(target, namespace)?,
                grace: None,
            },
            Verb::Evict(target) => script::Action::Evict {
                pod: pod(target, namespace)?,
            },
            Verb::CreateNode(node) => submit(vec![self.object(node)?], Order::default()),
            Verb::DeleteNode(name, of) => script::Action::DeleteNode {
                node: node(name, of.as_ref(), namespace)?,
            },
            Verb::StopKubelet(name, of) => script::Action::StopKubelet {
                node: node(name, of.as_ref(), namespace)?,
            },
            Verb::StartKubelet(name, of) => script::Action::StartKubelet {
                node: node(name, of.as_ref(), namespace)?,
            },
            Verb::SetLoad(target, total_cpu_milli) => script::Action::SetLoad {
                object: workload(target, namespace)?,
                total_cpu_milli: *total_cpu_milli,
            },
            Verb::SetMetrics(target, report) => script::Action::SetMetrics {
                object: workload(target, namespace)?,
                report: match report.as_str() {
                    "all" => MetricsReport::All,
                    "none" => MetricsReport::None,
                    "first_half" => MetricsReport::FirstHalf,
                    _ => return None,
                },
            },
            Verb::Other(_) => return None,
        })
    }

    /// At the recorded time, or when what the client waited for has come in the replay.
    fn when(&self, action: &Action, namespace: &str) -> When {
        let at = When::At(self.time(action.at));
        let Some((trigger, plus)) = &action.when else { return at };
        let all_of = || Some(namespace.to_owned());
        let trigger = match trigger {
            Trigger::PodsRunning(count) => script::Trigger::PodsRunning {
                namespace: all_of(),
                count: *count,
            },
            Trigger::PodsReady(count) => script::Trigger::PodsReady {
                namespace: all_of(),
                count: *count,
            },
            Trigger::PodSettled(name) => script::Trigger::PodSettled(PodRef::Named {
                namespace: namespace.to_owned(),
                name: name.clone(),
            }),
            Trigger::RolloutDone(target, replicas) => match workload(target, namespace) {
                Some(object) => script::Trigger::RolloutDone {
                    object,
                    replicas: Some(*replicas).filter(|replicas| *replicas > 0),
                },
                None => return at,
            },
            // The action before this one must be a step too.
            Trigger::Previous if !self.steps.is_empty() => script::Trigger::Previous,
            Trigger::Previous => return at,
        };
        When::After {
            trigger,
            delay: seconds(*plus),
        }
    }
}

fn seconds(seconds: f64) -> SimDuration {
    SimDuration::from_secs_f64(seconds.max(0.0)).unwrap_or_default()
}

fn one(spec: ObjectSpec) -> script::Action {
    script::Action::Submit {
        objects: vec![spec],
        order: Order::default(),
    }
}

/// The node of that name, or that on which the pod is that the recording chose it by.
fn node(name: &str, of: Option<&Target>, namespace: &str) -> Option<NodeRef> {
    Some(match of {
        Some(target) => NodeRef::Of(pod(target, namespace)?),
        None => NodeRef::Named(name.to_owned()),
    })
}

fn reference(kind: &str, namespace: &str, name: &str) -> Option<script::ObjectRef> {
    let kind = ObjectKind::ALL.into_iter().find(|known| known.name() == kind)?;
    Some(script::ObjectRef::new(kind, namespace, name))
}

/// `Deployment/web`.
fn workload(target: &str, namespace: &str) -> Option<script::ObjectRef> {
    let (kind, name) = target.split_once('/')?;
    reference(kind, namespace, name)
}

fn pod(target: &Target, namespace: &str) -> Option<PodRef> {
    Some(match target {
        Target::Named(_, name) => PodRef::Named {
            namespace: namespace.to_owned(),
            name: name.clone(),
        },
        Target::Nth { owner, ordinal } => PodRef::Of {
            owner: workload(owner, namespace)?,
            ordinal: *ordinal,
        },
    })
}
