extension MQTTService {
    /// Publishes a message that somebody waits for, from any thread; never blocks.
    ///
    /// - Parameters:
    ///   - qos: 0, 1 or 2.
    ///   - then: called once, on some thread or inside of this call: nil where the broker has it (QoS 0: where it is written),
    ///     else why not, and whether another attempt may work. After the broker's `command_timeout` and a second at most.
    package func publish(
        _ payload: [UInt8], to topic: String, qos: Int, isRetained: Bool,
        then: @escaping @Sendable (_ failure: (reason: String, isTransient: Bool)?) -> Void
    ) {
        publish(
            Publication(
                topic: topic, payload: payload, qos: Int32(clamping: min(max(0, qos), 2)), isRetained: isRetained
            ) {
                outcome in
                switch outcome {
                case .sent: then(nil)
                case .failed(let reason): then((reason, true))
                case .refused(let reason): then((reason, false))
                }
            })
    }
}
