internal import Komoku

/// A JSON-RPC request to a device of the second generation or later.
enum ShellyCall {
    /// Who asks: answers come to `<source>/rpc`.
    static let source = "komoku-shelly"

    static func payload(_ method: String, _ parameters: [JSON.Member] = []) -> [UInt8] {
        var members: [JSON.Member] = [
            .init("id", 1), .init("src", .string(source)), .init("method", .string(method)),
        ]
        if !parameters.isEmpty { members.append(.init("params", .object(parameters))) }
        return JSON.object(members).bytes
    }

    /// Sets one member of a component: `Switch.Set {"id":0,"on":true}`.
    static func setting(_ method: String, _ component: ShellyComponent, _ member: String)
        -> @Sendable (String) -> DeviceCommand
    {
        let number = Double(component.number ?? 0)
        return { prefix in
            DeviceCommand(topic: "\(prefix)/rpc") { value in
                // A list is a text for the hub: `[255,0,0]`.
                let list = value.string.flatMap { try? JSON(parsing: $0) }.flatMap { $0.array == nil ? nil : $0 }
                return payload(method, [.init("id", .number(number)), .init(member, list ?? value.json)])
            }
        }
    }
}
