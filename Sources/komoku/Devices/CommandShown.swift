internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// What became of a put to the key of a device.
struct CommandShown {
    let key: String
    /// As the user wrote it, and as it was sent.
    let typed: String
    let value: JSON
    let result: CommandResult
    /// How long it took.
    var elapsed = Komoku.Duration.zero
    var unit: String?

    /// A sentence; nil where the key was simply put.
    var line: String? {
        let name = key.printable
        switch result {
        case .put: return nil
        case .future: return "\(name): stored; its time is ahead, and the key has the value when that comes"
        case .reported: return "\(name): \(typed.printable), reported by the device after \(Self.seconds(elapsed))"
        case .differs(let reported):
            return "\(name): sent; the device reports \(Shown.value(reported, unit: unit)), not \(typed.printable)"
        case .sent: return "\(name): sent; the device reports nothing about it"
        case .waiting: return "\(name): handed over; not waiting for the device to report"
        case .failed(let reason): return "\(name): failed: \(reason.printable)"
        }
    }

    var isFailure: Bool { if case .failed = result { true } else { false } }

    /// `{"key","value","stored"}` for a key, `{"key","value","outcome", …}` for one of a device.
    var json: JSON {
        let command = [JSON.Member("key", .string(key)), JSON.Member("value", value)]
        func ended(_ word: JSON, _ more: JSON.Member...) -> JSON {
            .object(command + [JSON.Member("outcome", word)] + more)
        }
        switch result {
        case .put(let stored): return .object(command + [JSON.Member("stored", .bool(stored))])
        case .future: return .object(command + [JSON.Member("stored", true), JSON.Member("future", true)])
        case .reported(let value): return ended("reported", JSON.Member("reported", value))
        case .differs(let value): return ended("differs", JSON.Member("reported", value))
        case .sent: return ended("sent")
        case .waiting: return ended("waiting")
        case .failed(let reason): return ended("failed", JSON.Member("reason", .string(reason)))
        }
    }

    /// `0.2 s`, `40 ms`.
    private static func seconds(_ duration: Komoku.Duration) -> String {
        if duration < .milliseconds(95) { return "\(Int(max(1, duration.seconds * 1000))) ms" }
        return DecimalNumber.text(DecimalNumber.round(duration.seconds, decimals: duration < .seconds(10) ? 1 : 0))
            + " s"
    }
}

extension DeviceMessage {
    /// What would be sent, and nothing else.
    var shown: JSON {
        let members = [JSON.Member("topic", .string(topic)), JSON.Member("payload", .string(payload))]
        return .object(members + (payloadBase64.map { [JSON.Member("payload_base64", .string($0))] } ?? []))
    }
}
