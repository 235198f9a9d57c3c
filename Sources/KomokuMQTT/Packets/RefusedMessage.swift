/// A message that is acknowledged, and not taken; valid during the callback.
struct RefusedMessage {
    let id: UInt16
    let qos: UInt8
    let isRepeated: Bool
    let topic: UnsafeRawBufferPointer
    /// How its payload begins.
    let beginning: UnsafeRawBufferPointer
    let reason: String
    /// Of the whole packet, where it is too large.
    let size: Int?
}
