package import Komoku

/// Tells Home Assistant of our keys, by its discovery: `publish: {homeassistant: {prefix: homeassistant, keys: "**"}}`.
package struct AnnouncementRule: Sendable {
    /// The first levels of the discovery's topics.
    package var prefix = "homeassistant"
    package var keys = [KeyPattern.all]
    package var position: SourcePosition

    package init(position: SourcePosition) {
        self.position = position
    }
}
