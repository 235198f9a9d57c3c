public import Komoku
public import KomokuWire

/// Devices and the commands to them.
extension Client {
    /// Every device of the catalogue, by name. A large catalogue comes in several answers.
    public func devices() async throws(ClientError) -> [Device] {
        var devices: [Device] = []
        var request = DevicesRequest()
        while true {
            let page = try await ask(.devices(request), for: DevicesPage.self)
            devices += page.devices
            guard let next = page.next, !page.devices.isEmpty else { return devices }
            request.after = next
        }
    }

    /// A device by its id, its name or the first part of its keys.
    ///
    /// - Throws: `ClientError.refused` with the code `invalid_key` where there is none, or more than one.
    public func device(_ text: String) async throws(ClientError) -> Device {
        let page = try await ask(.devices(DevicesRequest(device: text)), for: DevicesPage.self)
        return try shaped { () throws(Refusal) in
            guard let device = page.devices.first else { throw .invalidQuery("'devices' is empty") }
            return device
        }
    }

    /// Takes a device out of the catalogue; its keys and their history stay.
    ///
    /// - Throws: `ClientError` with the code `not_allowed` where the device is still present.
    public func forget(_ device: String) async throws(ClientError) {
        try await perform(.forget(ForgetRequest(device)))
    }

    /// Lets a new device take the place of a dead one: its properties feed the dead one's keys from now on.
    ///
    /// - Throws: `ClientError` with the code `not_allowed` and a sentence where it does not fit.
    public func replace(_ device: String, with new: String) async throws(ClientError) -> DeviceReplacement {
        try await ask(.replace(ReplaceRequest(device, with: new)), timeout: .seconds(6 * 3600))
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
        let request = PutRequest(try name(key), value, at: time, waits: waits)
        return CommandResult(reply: try await perform(.put(request), timeout: patience))
    }

    /// What a put to the key of a device would send; nothing is sent.
    public func dryRun(_ key: String, _ value: JSON) async throws(ClientError) -> DeviceMessage {
        try await ask(.put(PutRequest(name(key), value, isDryRun: true)))
    }
}
