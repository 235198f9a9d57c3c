extension TopicPlan {
    /// Hands a message over as it came, to rules.
    func handOver(_ message: Message, into intake: inout Intake) {
        guard message.payload.count <= RawMessage.maximumPayload else {
            intake.startMessage()
            return intake.refuse(
                message.payload, of: topic, "the payload is longer than 64 KiB, too long for a rule", at: message.time)
        }
        let raw = RawMessage(topic: topic, payload: Array(message.payload), isRetained: message.isRetained)
        intake.messages.append((raw, intake.observations.count))
    }
}
