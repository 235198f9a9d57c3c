package import Komoku
package import KomokuHub

/// One family of devices: what its discovery says, and what its topics mean. Belongs to the Inbox's thread.
///
/// A source answers two questions. What is this topic (`plan`)? It is asked once a topic, and again after
/// `DeviceNews.topicsChanged`; the values that a plan binds are then read without the source. And what does this message
/// say (`take`)? It is asked for each message of a topic that it watches: discovery, availability, odd formats.
package protocol DeviceSource: AnyObject {
    /// Its word in the configuration: `zigbee2mqtt`.
    var name: String { get }

    /// It is asked only about topics of which no other source knows anything.
    var isFallback: Bool { get }

    /// What it wants to be subscribed to now, as MQTT spells filters. They may overlap.
    var filters: [String] { get }

    /// Says what a topic's messages mean; adds nothing to a topic that is not its own.
    func plan(_ topic: inout DeviceTopic)

    /// Whether a topic holds discovery that is retained as a rule, and whose end is an empty message.
    func isDiscovery(_ topic: String) -> Bool

    /// Takes a message of a topic that it watches, before the topic's values are read.
    func take(_ message: DeviceMessage, _ news: inout DeviceNews)

    /// Takes a message that has leaves nobody knows, before the topic's values are read: only of topics that learn.
    func learn(_ paths: [String], from message: DeviceMessage, _ news: inout DeviceNews)

    /// A value does not fit the type that the source guessed: it may guess anew, and then observes the value.
    ///
    /// - Returns: whether it did; otherwise the value is refused.
    func widen(_ property: PropertyID, for input: DeviceInput, _ news: inout DeviceNews) -> Bool

    /// The time goes by, also where no message comes; about once a second while the connection stands.
    ///
    /// - Parameter isSettled: the broker has said what it retains.
    func passed(to time: Timestamp, isSettled: Bool, _ news: inout DeviceNews)

    /// The connection stands and every subscription is answered: the time to ask devices how they are.
    func connected(_ news: inout DeviceNews)
}

extension DeviceSource {
    package var isFallback: Bool { false }
    package func isDiscovery(_ topic: String) -> Bool { false }
    package func learn(_ paths: [String], from message: DeviceMessage, _ news: inout DeviceNews) {}
    package func widen(_ property: PropertyID, for input: DeviceInput, _ news: inout DeviceNews) -> Bool { false }
    package func passed(to time: Timestamp, isSettled: Bool, _ news: inout DeviceNews) {}
    package func connected(_ news: inout DeviceNews) {}
}
