public import Komoku

/// A property of a device with its key.
public struct DeviceProperty: Shape, Hashable, WireValue {
    /// As its family names it.
    public var name = ""
    public var key = ""
    public var type = ""
    public var unit: String?
    /// Nil where nothing was reported yet.
    public var value: JSON?
    /// Nothing was heard of it for as long as it should be.
    public var isStale = false
    /// Puts to the key go to the device.
    public var isWritable = false
    /// Every message is a point: a button's presses.
    public var isEvent = false
    public var minimum: Double?
    public var maximum: Double?
    public var step: Double?
    /// Words that can be put, and what they stand for: `{"name","value"}`.
    public var presets: [JSON] = []
    /// The texts that it takes.
    public var values: [String]?
    public var label: String?
    /// `config` or `diagnostic`; nil is what the device is for.
    public var category: String?
    /// What it is about, as its source calls it: `door`, `moisture`.
    public var deviceClass: String?
    /// What a page shows for it.
    public var control: PropertyControl?
    /// Those of one group are parts of one thing, such as a lamp's brightness and its colour.
    public var group: String?
    /// How often it should be heard of, at least.
    public var expectEvery: Komoku.Duration?
    /// When the value was put.
    public var time: Timestamp?
    /// False once the device has it no more.
    public var isPresent = true
    /// The newest command to it.
    public var command: DeviceCommand?

    public init() {}

    /// What every property has, then what some have.
    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("property", &name)
        try visit.required("key", &key)
        try visit.always("type", &type)
        try visit.nullable("unit", &unit)
        try visit.nullable("value", &value)
        try visit.always("stale", &isStale)
        try visit.always("writable", &isWritable)
        try visit.always("event", &isEvent)
        try visit.optional("min", &minimum)
        try visit.optional("max", &maximum)
        try visit.optional("step", &step)
        try visit.list("presets", &presets, .unlessEmpty)
        try visit.optional("values", &values)
        try visit.optional("label", &label)
        try visit.optional("category", &category)
        try visit.optional("class", &deviceClass)
        try visit.optional("control", &control)
        try visit.optional("group", &group)
        try visit.optional("expect_every", &expectEvery)
        try visit.optional("last_time", &time)
        try visit.unless(true, "present", &isPresent)
        try visit.optional("command", &command)
    }
}

/// What a page shows for a property, in one word.
public enum PropertyControl: String, Hashable, Sendable, CaseIterable, OpenWord {
    /// What is on or off.
    case `switch`, light, fan
    case lock
    /// Open, close and stop; how far; how the slats stand.
    case cover, position, tilt
    case brightness, colour
    case colourTemperature = "colour_temperature"
    /// What a thermostat does, and the temperature that it is to bring.
    case climate, setpoint
    /// One of `values`, a number between `min` and `max`, any text, something that is only told.
    case select, number, text, button
    /// What is only reported: presses, how full a battery is, yes or no, anything else.
    case event, battery
    case binarySensor = "binary_sensor"
    case sensor
    /// A newer hub knows more.
    case other
}

/// What became of a command to a device, in one word.
public enum CommandProgress: String, Hashable, Sendable, CaseIterable, OpenWord {
    /// It is on its way.
    case waiting
    /// The device reports what it was told.
    case reported
    /// It reports something else.
    case differs
    /// The broker has it; the device reports nothing of the kind.
    case sent
    case failed
    /// A newer hub knows more.
    case other
}

/// A command to a property of a device.
public struct DeviceCommand: Shape, Hashable, WireValue {
    /// What it was told.
    public var value = JSON.null
    public var time: Timestamp?
    public var state = CommandProgress.waiting
    /// Why it failed.
    public var reason: String?
    /// What it reported then.
    public var reported: JSON?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.given("value", &value)
        try visit.optional("time", &time)
        try visit.required("state", &state)
        try visit.optional("reason", &reason)
        try visit.optional("reported", &reported)
    }
}
