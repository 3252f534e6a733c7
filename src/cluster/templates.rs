//! Pod templates in the store: each once, and those that were made from others.

use std::sync::Arc;

use crate::cluster::Store;
use crate::cluster::ids::{PodId, PodTemplateId};
use crate::cluster::spec::PodTemplate;

impl Store {
    /// The id of `template`, added if it is a new object.
    pub fn add_template(&mut self, template: &Arc<PodTemplate>) -> PodTemplateId {
        let known = self.templates.iter().position(|t| Arc::ptr_eq(t, template));
        PodTemplateId(known.unwrap_or_else(|| {
            self.templates.push(template.clone());
            self.templates.len() - 1
        }) as u32)
    }
    /// The template `changed`, made from `base`: an equal one that is there already, or a new one.
    pub fn variant(&mut self, base: PodTemplateId, changed: PodTemplate) -> PodTemplateId {
        let known = self.derived_templates.entry(base).or_default();
        if let Some(id) = known.iter().find(|id| *self.templates[id.index()] == changed) {
            return *id;
        }
        let id = PodTemplateId(self.templates.len() as u32);
        known.push(id);
        self.templates.push(Arc::new(changed));
        self.template_bases.insert(id, self.base_template(base));
        id
    }
    /// The template of its owner from which `template` was made by admission or changes of single pods; itself if it was not.
    #[must_use]
    pub fn base_template(&self, template: PodTemplateId) -> PodTemplateId {
        if self.template_bases.is_empty() {
            return template;
        }
        self.template_bases.get(&template).copied().unwrap_or(template)
    }
    /// Gives `pod` the template `changed`, made from its own.
    pub fn set_template(&mut self, pod: PodId, changed: PodTemplate) {
        let base = self.pods[pod.index()].template;
        self.pods[pod.index()].template = self.variant(base, changed);
    }
}
