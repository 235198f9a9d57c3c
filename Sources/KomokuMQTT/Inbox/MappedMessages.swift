package import Komoku
package import KomokuHub

/// Reads messages by the mappings of a configuration, without a broker and its devices: for tests of rules.
package final class MappedMessages {
    private let reader: MessageReader

    package init(_ configuration: MQTTConfiguration) {
        reader = MessageReader(mappings: configuration.mappingSet)
    }

    /// What a message says of keys. What cannot be read of it is left out.
    package func observations(
        of topic: String, _ payload: [UInt8], isRetained: Bool, at time: Timestamp
    ) -> [Observation] {
        reader.time = time
        Array(topic.utf8).withUnsafeBytes { topic in
            payload.withUnsafeBufferPointer { reader.read(topic, $0, isRetained: isRetained) }
        }
        return reader.takeIntake().observations
    }
}
