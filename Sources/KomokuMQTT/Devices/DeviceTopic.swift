package import KomokuHub

/// What the messages of one topic mean, as the sources say it.
package struct DeviceTopic {
    package let topic: String

    struct Field {
        let path: String
        let property: PropertyID
        let decoder: DeviceDecoder
        let isEvent: Bool
    }

    /// The payload is the value.
    private(set) var payloads: [Field] = []
    /// Leaves of a JSON payload.
    private(set) var fields: [Field] = []
    private(set) var watchers: [any DeviceSource] = []
    private(set) var learner: (any DeviceSource)?
    private(set) var ignoredPaths: [String] = []
    private(set) var guardian: MessageGuard?
    private(set) var time: TimeReader?
    private(set) var isHeld = false
    /// It had fields before they were forgotten.
    private var isBound = false

    package init(topic: String) {
        self.topic = topic
    }

    /// The levels of the topic.
    package var levels: [Substring] { topic.split(separator: "/", omittingEmptySubsequences: false) }

    /// The whole payload is a value of the property.
    package mutating func bindPayload(
        to property: PropertyID, _ decoder: DeviceDecoder, isEvent: Bool = false
    ) {
        payloads.append(Field(path: "", property: property, decoder: decoder, isEvent: isEvent))
    }

    /// The leaf at a dotted path of the JSON payload (`ENERGY.Power.1`, items counted from 1) is a value of the property.
    package mutating func bind(
        _ path: String, to property: PropertyID, _ decoder: DeviceDecoder, isEvent: Bool = false
    ) {
        fields.append(Field(path: path, property: property, decoder: decoder, isEvent: isEvent))
    }

    /// `source` takes each message before its values are read.
    package mutating func watch(_ source: any DeviceSource) {
        watchers.append(source)
    }

    /// `source` learns of leaves that are neither bound nor ignored, before the values are read.
    package mutating func learn(_ source: any DeviceSource, ignoring paths: [String] = []) {
        learner = source
        ignoredPaths += paths
    }

    /// Tells old and repeated messages from new ones.
    package mutating func guardMessages(_ guardian: MessageGuard) {
        self.guardian = guardian
    }

    /// The message says when its values were measured.
    mutating func date(by reader: TimeReader) {
        time = reader
    }

    /// Nobody knows yet what this topic means, but its last message is wanted once somebody does.
    package mutating func hold() {
        isHeld = true
    }

    /// There are too many leaves that nobody wants.
    mutating func stopLearning() {
        learner = nil
    }

    /// The fields are bound: their plan has them from now on.
    mutating func forgetFields() {
        isBound = !payloads.isEmpty || !fields.isEmpty
        (payloads, fields, ignoredPaths) = ([], [], [])
    }

    /// Leaves out the fields of some devices.
    mutating func keepFields(of isWanted: (DeviceID) -> Bool) {
        payloads.removeAll { !isWanted($0.property.device) }
        fields.removeAll { !isWanted($0.property.device) }
    }

    /// It says nothing about the topic.
    var isEmpty: Bool { !isBound && payloads.isEmpty && fields.isEmpty && watchers.isEmpty && learner == nil }

    /// Messages are shown to somebody, or kept, before they are read.
    var wantsSources: Bool { !watchers.isEmpty || learner != nil || isEmpty }
}
