// Follows the events of one agent (server-sent events), and goes on where it stopped when the line was lost.
// .NET Framework 4.6 or later, .NET, mono:  csc Program.cs   then   Program.exe https://10.1.2.3 hcc_KEY 1001
// WEBCTI_INSECURE=1 in the environment where nobody has signed the appliance's certificate.
using System;
using System.IO;
using System.Net;
using System.Threading;

static class Program
{
    static string place = "";

    static void Main(string[] words)
    {
        ServicePointManager.SecurityProtocol = SecurityProtocolType.Tls12;
        if (Environment.GetEnvironmentVariable("WEBCTI_INSECURE") == "1")
            ServicePointManager.ServerCertificateValidationCallback = delegate { return true; };
        while (true)
        {
            try
            {
                Follow(words[0], words[1], words[2]);
            }
            catch (WebException error)
            {
                Console.Error.WriteLine(error.Message);
            }
            catch (IOException error)
            {
                Console.Error.WriteLine(error.Message);
            }
            Thread.Sleep(1000);
        }
    }

    static void Follow(string server, string key, string agent)
    {
        var request = (HttpWebRequest)WebRequest.Create(server + "/webcti/v1/events/stream?agents=" + agent);
        request.Headers["Authorization"] = "Bearer " + key;
        request.ReadWriteTimeout = 60000; // the stream says every 15 seconds that it is still there
        if (place != "")
            request.Headers["Last-Event-ID"] = place;
        using (var answer = request.GetResponse())
        using (var reader = new StreamReader(answer.GetResponseStream()))
        {
            string line;
            while ((line = reader.ReadLine()) != null)
            {
                if (line.StartsWith("id: "))
                    place = line.Substring(4);
                if (line.StartsWith("data: "))
                    Console.WriteLine(line.Substring(6));
            }
        }
    }
}
