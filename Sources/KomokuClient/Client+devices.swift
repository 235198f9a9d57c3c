public import Komoku
internal import NIOCore

/// Devices and the commands to them.
extension Client {
    /// Every device of the catalogue, by name. A large catalogue comes in several answers.
    public func devices() async throws(ClientError) -> [Device] {
        var devices: [Device] = []
        var body: JSON = [:]
        while true {
            let answer = try await request("devices", body)
            guard let page = answer["devices"]?.array else { throw Self.unshaped }
            devices += page.compactMap(Device.init)
            guard let next = answer["next"]?.nonNull, !page.isEmpty else { return devices }
            body = ["after": next]
        }
    }

    /// A device by its id, its name or the first part of its keys.
    ///
    /// - Throws: `ClientError.refused` with the code `invalid_key` where there is none, or more than one.
    public func device(_ text: String) async throws(ClientError) -> Device {
        let answer = try await request("devices", ["device": .string(text)])
        guard let device = answer["devices"]?.array?.first.flatMap(Device.init) else { throw Self.unshaped }
        return device
    }

    /// Takes a device out of the catalogue; its keys and their history stay.
    ///
    /// - Throws: `ClientError` with the code `not_allowed` where the device is still present.
    public func forget(_ device: String) async throws(ClientError) {
        _ = try await request("forget", ["device": .string(device)])
    }

    /// Lets a new device take the place of a dead one: its properties feed the dead one's keys from now on.
    ///
    /// - Returns: `{"device","with","keys":[…],"left":[…]}`: the keys that it feeds, and those that it has nothing for.
    /// - Throws: `ClientError` with the code `not_allowed` and a sentence where it does not fit.
    public func replace(_ device: String, with new: String) async throws(ClientError) -> JSON {
        let body: JSON = ["device": .string(device), "with": .string(new)]
        return try await request("replace", body, timeout: .seconds(6 * 3600))
    }

    /// Puts a value. To the key of a device it is a command, which has ended when this returns, unless it does not wait.
    ///
    /// - Parameters:
    ///   - waits: false returns once the command is handed over.
    ///   - patience: the longest wait for the hub's answer, which itself waits for the device as long as it is configured to.
    public func command(
        _ key: String, _ value: JSON, at time: Timestamp? = nil, waits: Bool = true,
        patience: Komoku.Duration = .seconds(3600)
    ) async throws(ClientError) -> CommandResult {
        var members = [JSON.Member("key", .string(key)), JSON.Member("value", value)]
        if let time { members.append(JSON.Member("time", .number(time.seconds))) }
        if !waits { members.append(JSON.Member("wait", false)) }
        return CommandResult(try await answer("put", .object(members), timeout: patience))
    }

    /// What a put to the key of a device would send; nothing is sent.
    public func dryRun(_ key: String, _ value: JSON) async throws(ClientError) -> DeviceMessage {
        let body: JSON = ["key": .string(key), "value": value, "dry_run": true]
        guard let message = DeviceMessage(try await request("put", body)) else { throw Self.unshaped }
        return message
    }

    static var unshaped: ClientError {
        .failed(code: "bad_answer", message: "the hub's answer is not shaped as this client expects")
    }
}
