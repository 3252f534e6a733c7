//! Which nodes hold which images (`pkg/scheduler/backend/cache/cache.go: addNodeImageStates`).

use std::collections::BTreeMap;

use crate::cluster::NodeId;
use crate::cluster::spec::NodeImage;
use crate::control::scheduler::plugins::image_locality::normalized_image_name;

/// An image that some node holds.
#[derive(Clone, Copy, Debug)]
struct Image {
    /// As the first node said.
    size: i64,
    nodes: u32,
}

/// The images of all nodes.
#[derive(Clone, Debug, Default)]
pub struct ImageTable {
    images: BTreeMap<String, Image>,
    of_node: BTreeMap<NodeId, Vec<String>>,
}

impl ImageTable {
    /// Whether no node holds any image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of_node.is_empty()
    }
    /// `node` holds these images and no others.
    pub fn set(&mut self, node: NodeId, images: &[NodeImage]) {
        self.clear(node);
        for image in images {
            for name in &image.names {
                self.add(node, name, image.size);
            }
        }
    }
    /// `node` holds the image `name` of `size` bytes too. Says whether that is new.
    pub fn add(&mut self, node: NodeId, name: &str, size: i64) -> bool {
        let names = self.of_node.entry(node).or_default();
        if names.iter().any(|known| known == name) {
            return false;
        }
        names.push(name.to_owned());
        let image = self.images.entry(name.to_owned()).or_insert(Image { size, nodes: 0 });
        image.nodes += 1;
        true
    }
    /// `node` holds nothing.
    pub fn clear(&mut self, node: NodeId) {
        for name in self.of_node.remove(&node).unwrap_or_default() {
            let image = self.images.get_mut(&name).expect("a node's image is known");
            image.nodes -= 1;
            if image.nodes == 0 {
                self.images.remove(&name);
            }
        }
    }
    /// Size of the image of a container as far as `node` holds it, times the share of all `nodes` that do
    /// (`plugins/imagelocality/image_locality.go: scaledImageScore`).
    #[must_use]
    pub fn scaled_size(&self, node: NodeId, container_image: &str, nodes: u32) -> i64 {
        let Some(held) = self.of_node.get(&node) else { return 0 };
        let name = normalized_image_name(container_image);
        if !held.contains(&name) {
            return 0;
        }
        let image = &self.images[&name];
        let spread = f64::from(image.nodes) / f64::from(nodes);
        (image.size as f64 * spread) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_scaled_by_the_share_of_nodes() {
        let image = |size| NodeImage {
            names: vec!["a:latest".to_owned(), "a@sha256:1".to_owned()],
            size,
        };
        let mut table = ImageTable::default();
        table.set(NodeId(0), &[image(900)]);
        table.set(NodeId(2), &[image(700)]);
        let sizes = |table: &ImageTable| [0, 1, 2].map(|i| table.scaled_size(NodeId(i), "a", 3));
        assert_eq!(sizes(&table), [600, 0, 600], "the first node said the size");
        assert!(!table.add(NodeId(0), "a:latest", 900));
        table.clear(NodeId(0));
        assert_eq!(sizes(&table), [0, 0, 300]);
        assert!(table.add(NodeId(1), "a:latest", 900));
        assert_eq!(sizes(&table), [0, 600, 600]);
        table.clear(NodeId(1));
        table.clear(NodeId(2));
        assert!(table.is_empty() && table.images.is_empty());
    }
}
