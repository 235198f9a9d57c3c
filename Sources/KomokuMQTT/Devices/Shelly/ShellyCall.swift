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
        calling(method, component) { [.init(member, $0.json)] }
    }

    /// A colour: `[255,128,0]` or `255,128,0`, three whole numbers from 0 to 255; anything else is not sent.
    static func colour(_ method: String, _ component: ShellyComponent, _ member: String)
        -> @Sendable (String) -> DeviceCommand
    {
        calling(method, component) { value in parts(of: value).map { [.init(member, .array($0.map { .number($0) }))] } }
    }

    private static func parts(of value: Value) -> [Double]? {
        guard let text = value.string, text.utf8.count <= 64 else { return nil }
        let list = (try? JSON(parsing: text)) ?? (try? JSON(parsing: "[\(text)]"))
        guard let items = list?.array, items.count == 3 else { return nil }
        let parts = items.compactMap(\.number).filter { 0...255 ~= $0 && $0 == $0.rounded() }
        return parts.count == 3 ? parts : nil
    }

    /// Sets one member of a component's configuration: `Thermostat.SetConfig {"id":0,"config":{"target_C":21}}`.
    static func configuring(_ kind: String, _ component: ShellyComponent, _ member: String)
        -> @Sendable (String) -> DeviceCommand
    {
        let id = JSON.Member("id", .number(Double(component.number ?? 0)))
        return calling("\(kind).SetConfig", component) { [.init("config", .object([id, .init(member, $0.json)]))] }
    }

    /// What a gateway passes on to a radiator valve: `BluTRV.Call {"id":200,"method":…,"params":{"id":0,"target_C":21}}`.
    static func valve(_ method: String, _ component: ShellyComponent, _ member: String)
        -> @Sendable (String) -> DeviceCommand
    {
        calling("BluTRV.Call", component) { value in
            [
                .init("method", .string(method)),
                .init("params", .object([.init("id", 0), .init(member, value.json)])),
            ]
        }
    }

    private static func calling(
        _ method: String, _ component: ShellyComponent, _ members: @escaping @Sendable (Value) -> [JSON.Member]?
    ) -> @Sendable (String) -> DeviceCommand {
        let id = JSON.Member("id", .number(Double(component.number ?? 0)))
        return { prefix in
            DeviceCommand(topic: "\(prefix)/rpc") { value in members(value).map { payload(method, [id] + $0) } }
        }
    }
}
