//! Small files as offices, shops, laboratories, banks and programs write them, each with the table that is in it.

use super::{Table, read};

/// What a file is, its text, and its table as plain CSV.
const FILES: &[(&str, &str, &str)] = &[
    (
        "government, title and source",
        "Population by region 2019-2021\n\nRegion,2019,2020,2021\nNorth,1204,1210,1222\nSouth,804,811,820\nWest,90,91,95\n\nSource: Statistical Office\n",
        "Region,2019,2020,2021\nNorth,1204,1210,1222\nSouth,804,811,820\nWest,90,91,95\n",
    ),
    (
        "spreadsheet, padded titles",
        "Stock list,,,\nAs of 31.12.2023,,,\n,,,\nPart,Name,Qty,Price\nA1,Bolt,5,1.20\nA2,Nut,7,0.80\n,,,\n* prices without tax,,,\n",
        "Part,Name,Qty,Price\nA1,Bolt,5,1.20\nA2,Nut,7,0.80\n",
    ),
    (
        "German bank",
        "Kontonummer:;DE12 3456\nZeitraum:;01.01.2023 - 31.01.2023\n\nBuchungstag;Wertstellung;Verwendungszweck;Betrag\n03.01.2023;03.01.2023;\"Miete; Januar\";-850,00\n05.01.2023;05.01.2023;Gehalt;2.450,10\n17.01.2023;18.01.2023;Strom;-65,20\n",
        "Buchungstag,Wertstellung,Verwendungszweck,Betrag\n03.01.2023,03.01.2023,Miete; Januar,\"-850,00\"\n05.01.2023,05.01.2023,Gehalt,\"2.450,10\"\n17.01.2023,18.01.2023,Strom,\"-65,20\"\n",
    ),
    (
        "Excel sep line",
        "sep=;\nName;Age;City\nAnn;31;Oslo\nBob;28;Rome\n",
        "Name,Age,City\nAnn,31,Oslo\nBob,28,Rome\n",
    ),
    (
        "tabs",
        "id\tname\tnote\n1\tBolt, hex\tnone\n2\tNut\tsee \"B\"\n",
        "id,name,note\n1,\"Bolt, hex\",none\n2,Nut,\"see \"\"B\"\"\"\n",
    ),
    (
        "pipes of an ERP",
        "Item|Description|On Hand\n100-1|Bolt M6|120\n100-2|Nut M6|80\n100-3|Washer|0\n",
        "Item,Description,On Hand\n100-1,Bolt M6,120\n100-2,Nut M6,80\n100-3,Washer,0\n",
    ),
    (
        "ERP with ruled lines",
        "Item|Description|On Hand\n-----|-----------|-------\n100-1|Bolt M6|120\n100-2|Nut M6|80\n100-3|Washer|7\n",
        "Item,Description,On Hand\n100-1,Bolt M6,120\n100-2,Nut M6,80\n100-3,Washer,7\n",
    ),
    (
        "ERP pages",
        "Item;Name;Qty\nA1;Bolt;5\nA2;Nut;6\nItem;Name;Qty\nA3;Ring;7\nA4;Pin;8\n",
        "Item,Name,Qty\nA1,Bolt,5\nA2,Nut,6\nA3,Ring,7\nA4,Pin,8\n",
    ),
    (
        "totals below",
        "Item;Name;Qty;Value\nA1;Bolt;5;10.00\nA2;Nut;6;12.00\nA3;Ring;1;3.50\nTotal;;12;25.50\n",
        "Item,Name,Qty,Value\nA1,Bolt,5,10.00\nA2,Nut,6,12.00\nA3,Ring,1,3.50\n",
    ),
    (
        "units below the header",
        "Time,Temp,Pressure\ns,°C,hPa\n0,20.1,1013\n1,20.3,1012\n2,20.2,1012\n",
        "Time,Temp,Pressure\n0,20.1,1013\n1,20.3,1012\n2,20.2,1012\n",
    ),
    (
        "units in brackets",
        "Depth;Density;Speed\n[m];[kg/m3];[m/s]\n1;1020,5;1500\n2;1021,0;1501\n",
        "Depth,Density,Speed\n1,\"1020,5\",1500\n2,\"1021,0\",1501\n",
    ),
    (
        "groups of columns",
        ",2023,,2024,\nItem,Qty,Value,Qty,Value\nA1,5,10.5,6,12.6\nA2,7,14.7,8,16.8\nA3,1,2.1,0,0\n",
        "Item,2023 Qty,2023 Value,2024 Qty,2024 Value\nA1,5,10.5,6,12.6\nA2,7,14.7,8,16.8\nA3,1,2.1,0,0\n",
    ),
    (
        "comments above",
        "# exported by lab 3\n# run 17\nsample,ph,mass\nS1,7.1,2.50\nS2,6.9,2.48\n",
        "sample,ph,mass\nS1,7.1,2.50\nS2,6.9,2.48\n",
    ),
    (
        "comment as header",
        "#chrom\tstart\tend\nchr1\t100\t200\nchr1\t300\t420\nchr2\t10\t90\n",
        "#chrom,start,end\nchr1,100,200\nchr1,300,420\nchr2,10,90\n",
    ),
    (
        "no header",
        "1,2019-01-01,5.2\n2,2019-01-02,5.9\n3,2019-01-03,6.1\n",
        "1,2019-01-01,5.2\n2,2019-01-02,5.9\n3,2019-01-03,6.1\n",
    ),
    (
        "quoted line ends",
        "id,address,city\n1,\"Main St 1\nBack door\",Oslo\n2,\"High St 2\",Rome\n3,\"Low St\n2nd floor\",Lima\n",
        "id,address,city\n1,\"Main St 1\nBack door\",Oslo\n2,High St 2,Rome\n3,\"Low St\n2nd floor\",Lima\n",
    ),
    (
        "ragged, blanks cut off",
        "a,b,c,d\n1,2,3,4\n5,6\n7,8,9\n1,2,3,4\n",
        "a,b,c,d\n1,2,3,4\n5,6\n7,8,9\n1,2,3,4\n",
    ),
    ("trailing delimiters", "code;name;qty;\nA;Bolt;5;\nB;Nut;6;\n", "code,name,qty,\nA,Bolt,5,\nB,Nut,6,\n"),
    ("blank column inside", "Part,,Qty\nA1,,5\nA2,,6\nA3,,7\n", "Part,,Qty\nA1,,5\nA2,,6\nA3,,7\n"),
    ("blank first column", ",Part,Qty\n,A1,5\n,A2,6\n,A3,8\n", ",Part,Qty\n,A1,5\n,A2,6\n,A3,8\n"),
    (
        "index column without a name",
        ",name,score\n0,Ann,3.5\n1,Bob,4.5\n2,Eve,1.0\n",
        ",name,score\n0,Ann,3.5\n1,Bob,4.5\n2,Eve,1.0\n",
    ),
    (
        "single quotes",
        "id,name,note\n1,'Bolt, hex','new'\n2,'Nut, round','old'\n",
        "id,name,note\n1,\"Bolt, hex\",new\n2,\"Nut, round\",old\n",
    ),
    (
        "apostrophes",
        "id,name\n1,O'Neill\n2,D'Arcy\n3,'t Hooft\n",
        "id,name\n1,O'Neill\n2,D'Arcy\n3,'t Hooft\n",
    ),
    (
        "inches",
        "part,size,qty\nA,12\" pipe,5\nB,3\" bolt,6\nC,4\" nut,7\n",
        "part,size,qty\nA,\"12\"\" pipe\",5\nB,\"3\"\" bolt\",6\nC,\"4\"\" nut\",7\n",
    ),
    (
        "backslash escapes of MySQL",
        "id,text\n1,\"say \\\"hi\\\", Bob\"\n2,\"no\"\n3,\"a \\\"b\\\"\"\n",
        "id,text\n1,\"say \"\"hi\"\", Bob\"\n2,no\n3,\"a \"\"b\"\"\"\n",
    ),
    (
        "commas and blanks",
        "name, age, city\nAnn, 31, Oslo\nBob, 28, Rome\nEve, 40, Lima\n",
        "name,age,city\nAnn,31,Oslo\nBob,28,Rome\nEve,40,Lima\n",
    ),
    (
        "aligned with blanks",
        "id    name     qty\n1     Bolt     5\n20    Nut      60\n300   Ring     700\n",
        "id,name,qty\n1,Bolt,5\n20,Nut,60\n300,Ring,700\n",
    ),
    (
        "blanks and quotes",
        "id name qty\n1 \"Bolt hex\" 5\n2 Nut 6\n3 \"Ring flat\" 7\n",
        "id,name,qty\n1,Bolt hex,5\n2,Nut,6\n3,Ring flat,7\n",
    ),
    (
        "one column of names",
        "Customer\nMiller, Ann\nSmith\nJones\nBaker\n",
        "Customer\n\"Miller, Ann\"\nSmith\nJones\nBaker\n",
    ),
    (
        "one column of addresses",
        "url\nhttp://a.example/x?y=1\nhttp://b.example/z\nhttp://c.example/\n",
        "url\nhttp://a.example/x?y=1\nhttp://b.example/z\nhttp://c.example/\n",
    ),
    ("one column of times", "time\n10:00\n10:30\n11:00\n11:30\n", "time\n10:00\n10:30\n11:00\n11:30\n"),
    (
        "key and value",
        "key,value\nname,Depot\ncity,Ulm\nopen,yes\n",
        "key,value\nname,Depot\ncity,Ulm\nopen,yes\n",
    ),
    (
        "second table after a blank line",
        "Item,Qty\nA,5\nB,6\nC,7\n\nCarrier,Phone,City\nDHL,123,Bonn\nUPS,456,Ulm\n",
        "Item,Qty\nA,5\nB,6\nC,7\n",
    ),
    (
        "second table with a title",
        "Table 1: Stock\n\nItem,Name,Qty\nA,Bolt,5\nB,Nut,6\nC,Ring,7\n\nTable 2: Carriers\n\nCarrier,Phone\nDHL,123\nUPS,456\n",
        "Item,Name,Qty\nA,Bolt,5\nB,Nut,6\nC,Ring,7\n",
    ),
    (
        "rows affected",
        "id  ,name,qty\n1,Bolt,5\n2,Nut,6\n3,Ring,8\n\n(3 rows affected)\n",
        "id  ,name,qty\n1,Bolt,5\n2,Nut,6\n3,Ring,8\n",
    ),
    ("header only", "Part,Name,Qty\n", "Part,Name,Qty\n"),
    (
        "decimal commas",
        "Artikel;Preis;Menge\nA1;1,50;3\nA2;2,75;4\nA3;0,99;12\n",
        "Artikel,Preis,Menge\nA1,\"1,50\",3\nA2,\"2,75\",4\nA3,\"0,99\",12\n",
    ),
    (
        "grouped numbers in quotes",
        "Year,Imports,Exports\n2019,\"1,204,500\",\"980,100\"\n2020,\"1,100,000\",\"870,250\"\n2021,\"1,250,750\",\"1,001,000\"\n",
        "Year,Imports,Exports\n2019,\"1,204,500\",\"980,100\"\n2020,\"1,100,000\",\"870,250\"\n2021,\"1,250,750\",\"1,001,000\"\n",
    ),
    (
        "names that repeat",
        "Date,Value,Value\n2019-01-01,5,6\n2019-01-02,7,8\n",
        "Date,Value,Value\n2019-01-01,5,6\n2019-01-02,7,8\n",
    ),
    (
        "numbered columns",
        "State,1,2,3,4\nOhio,50.1,40.2,33.0,10.5\nUtah,20.0,13.2,9.0,1.5\n",
        "State,1,2,3,4\nOhio,50.1,40.2,33.0,10.5\nUtah,20.0,13.2,9.0,1.5\n",
    ),
    (
        "notes with numbers",
        "Region;2020;2021\nNord;5;6\nSüd;7;8\nWest;9;9\n\n1) vorläufig\n2) geschätzt\nQuelle: Amt\n",
        "Region,2020,2021\nNord,5,6\nSüd,7,8\nWest,9,9\n",
    ),
    (
        "long note with commas",
        "Area,Count,Share\nA,5,0.1\nB,6,0.2\nC,7,0.3\n\nNote: figures are rounded, totals may differ.\n",
        "Area,Count,Share\nA,5,0.1\nB,6,0.2\nC,7,0.3\n",
    ),
    (
        "all quoted",
        "\"id\",\"name\",\"qty\"\n\"1\",\"Bolt, hex\",\"5\"\n\"2\",\"Nut\",\"6\"\n",
        "id,name,qty\n1,\"Bolt, hex\",5\n2,Nut,6\n",
    ),
    (
        "JSON in a cell",
        "id,payload\n1,\"{\"\"a\"\": 1, \"\"b\"\": 2}\"\n2,\"{\"\"a\"\": 3, \"\"b\"\": 4}\"\n",
        "id,payload\n1,\"{\"\"a\"\": 1, \"\"b\"\": 2}\"\n2,\"{\"\"a\"\": 3, \"\"b\"\": 4}\"\n",
    ),
    (
        "shop orders",
        "Order;Date;Customer;Items;Total\n1001;2023-01-02;Ann;\"Bolt, Nut\";12.50\n1002;2023-01-03;Bob;\"Ring\";3.00\n1003;2023-01-04;Eve;\"Pin, Clip, Cap\";7.25\n",
        "Order,Date,Customer,Items,Total\n1001,2023-01-02,Ann,\"Bolt, Nut\",12.50\n1002,2023-01-03,Bob,Ring,3.00\n1003,2023-01-04,Eve,\"Pin, Clip, Cap\",7.25\n",
    ),
    (
        "coordinates",
        "Station;Position;Height\nS1;47.1, 8.5;400\nS2;47.3, 8.1;512\nS3;46.9, 7.4;540\n",
        "Station,Position,Height\nS1,\"47.1, 8.5\",400\nS2,\"47.3, 8.1\",512\nS3,\"46.9, 7.4\",540\n",
    ),
    ("CR ends", "a,b\r1,2\r3,4\r", "a,b\n1,2\n3,4\n"),
    (
        "blank rows within",
        "Part,Name,Qty\nA1,Bolt,5\n\nA2,Nut,6\n\nA3,Ring,7\n",
        "Part,Name,Qty\nA1,Bolt,5\nA2,Nut,6\nA3,Ring,7\n",
    ),
    (
        "trailing blank records",
        "Part,Name,Qty\nA1,Bolt,5\nA2,Nut,6\n,,\n,,\n,,\n",
        "Part,Name,Qty\nA1,Bolt,5\nA2,Nut,6\n",
    ),
    (
        "laboratory instrument",
        "Instrument: X200\nOperator: J. Doe\nDate: 2023-05-06\n\nWell,Sample,Ct,Target\nA1,S1,22.51,GAPDH\nA2,S2,23.10,GAPDH\nA3,S3,N/A,GAPDH\nA4,S4,21.9,ACTB\n",
        "Well,Sample,Ct,Target\nA1,S1,22.51,GAPDH\nA2,S2,23.10,GAPDH\nA3,S3,N/A,GAPDH\nA4,S4,21.9,ACTB\n",
    ),
    (
        "logger with key lines",
        "Device,TX-5,,\nInterval,60,s,\n\nNo,Date,Temp,Humidity\n1,2023-01-01 00:00,20.5,40\n2,2023-01-01 00:01,20.6,41\n3,2023-01-01 00:02,20.6,41\n",
        "No,Date,Temp,Humidity\n1,2023-01-01 00:00,20.5,40\n2,2023-01-01 00:01,20.6,41\n3,2023-01-01 00:02,20.6,41\n",
    ),
    (
        "times and colons",
        "time,level,message\n10:00:01,INFO,started: ok\n10:00:02,WARN,disk: 90 %\n10:00:03,INFO,stopped: ok\n",
        "time,level,message\n10:00:01,INFO,started: ok\n10:00:02,WARN,disk: 90 %\n10:00:03,INFO,stopped: ok\n",
    ),
    (
        "sparse survey",
        "Name,Q1,Q2,Q3,Q4\nAnn,yes,,,no\nBob,,,,\nEve,,no,,\nTom,no,,yes,\n",
        "Name,Q1,Q2,Q3,Q4\nAnn,yes,,,no\nBob,,,,\nEve,,no,,\nTom,no,,yes,\n",
    ),
    (
        "text columns only",
        "Country;Capital;Language\nFrance;Paris;French\nPeru;Lima;Spanish\nNorway;Oslo;Norwegian\n",
        "Country,Capital,Language\nFrance,Paris,French\nPeru,Lima,Spanish\nNorway,Oslo,Norwegian\n",
    ),
    (
        "short rows at the end",
        "Site,Jan,Feb,Mar\nA,1,2,3\nB,4,5,6\nC,7,8\n",
        "Site,Jan,Feb,Mar\nA,1,2,3\nB,4,5,6\nC,7,8\n",
    ),
    ("surplus cell", "Site,Jan,Feb\nA,1,2\nB,4,5,late\nC,7,8\n", "Site,Jan,Feb\nA,1,2\nB,4,5,late\nC,7,8\n"),
    (
        "stray quote",
        "Site,Note,Qty\nA,\"open,1\nB,fine,2\nC,\"x, y\",3\nD,z,4\n",
        "Site,Note,Qty\nA,\"\"\"open\",1\nB,fine,2\nC,\"x, y\",3\nD,z,4\n",
    ),
    (
        "sections",
        "Part,Bin,Qty\nA1,B1,5\nA2,B2,6\nTotal hall 1,,11\nA3,B3,7\nA4,B4,8\nTotal hall 2,,15\n",
        "Part,Bin,Qty\nA1,B1,5\nA2,B2,6\nA3,B3,7\nA4,B4,8\n",
    ),
    (
        "French open data",
        "Commune;Code;Population;Superficie\nLyon;69123;516092;47,87\nNice;06088;342669;71,92\nLille;59350;232787;34,8\n",
        "Commune,Code,Population,Superficie\nLyon,69123,516092,\"47,87\"\nNice,06088,342669,\"71,92\"\nLille,59350,232787,\"34,8\"\n",
    ),
    (
        "header of two rows",
        "Product,Product,Stock,Stock\nCode,Name,Count,Value\nA1,Bolt,5,10.5\nA2,Nut,6,12.5\nA3,Pin,7,1.5\n",
        "Product Code,Product Name,Stock Count,Stock Value\nA1,Bolt,5,10.5\nA2,Nut,6,12.5\nA3,Pin,7,1.5\n",
    ),
    (
        "calendar years as text below",
        "Indicator,Unit,2018,2019\nGDP,EUR,3.1,3.2\nJobs,n,44,45\nRents,%,1.5,1.7\n",
        "Indicator,Unit,2018,2019\nGDP,EUR,3.1,3.2\nJobs,n,44,45\nRents,%,1.5,1.7\n",
    ),
    (
        "cells with line feeds and ;",
        "Nr;Text;Wert\n1;\"a\nb; c\";5\n2;\"d\";6\n3;\"e\nf\";7\n",
        "Nr,Text,Wert\n1,\"a\nb; c\",5\n2,d,6\n3,\"e\nf\",7\n",
    ),
    (
        "first row without a number",
        "Name,Born,Sales\nAnn,n/a,n/a\nBob,1970,5000\nEve,1981,2000\nTom,1990,100\n",
        "Name,Born,Sales\nAnn,n/a,n/a\nBob,1970,5000\nEve,1981,2000\nTom,1990,100\n",
    ),
    (
        "customs codes with leading zeros",
        "HS Code|Description|Rate\n010121|Horses, live|0\n020110|Meat, fresh|12.8\n040221|Milk powder|8.5\n",
        "HS Code,Description,Rate\n010121,\"Horses, live\",0\n020110,\"Meat, fresh\",12.8\n040221,Milk powder,8.5\n",
    ),
    (
        "election results",
        "Wahlkreis;Wahlberechtigte;Wähler;Gültig\n001;172.000;131.201;129.870\n002;98.120;77.003;76.220\n003;120.340;99.100;98.001\nInsgesamt;;307.304;304.091\n",
        "Wahlkreis,Wahlberechtigte,Wähler,Gültig\n001,172.000,131.201,129.870\n002,98.120,77.003,76.220\n003,120.340,99.100,98.001\n",
    ),
    (
        "statistics with a long title in quotes",
        "\"Table 3. Employment, by sector and year\",,,\n,,,\nSector,2010,2015,2020\nFarming,12,11,9\nIndustry,33,30,28\nServices,55,59,63\n,,,\n\"Notes: a, b and c\",,,\n",
        "Sector,2010,2015,2020\nFarming,12,11,9\nIndustry,33,30,28\nServices,55,59,63\n",
    ),
    (
        "World Bank",
        "\"Data Source\",\"World Development Indicators\",\n\n\"Last Updated Date\",\"2023-05-10\",\n\n\"Country Name\",\"Country Code\",\"Indicator\",\"2000\",\"2001\",\n\"Aruba\",\"ABW\",\"Population\",\"89101\",\"90691\",\n\"Angola\",\"AGO\",\"Population\",\"16394062\",\"16941587\",\n\"Chad\",\"TCD\",\"Population\",\"8259137\",\"8562552\",\n",
        "Country Name,Country Code,Indicator,2000,2001,\nAruba,ABW,Population,89101,90691,\nAngola,AGO,Population,16394062,16941587,\nChad,TCD,Population,8259137,8562552,\n",
    ),
    (
        "weather station",
        "STATION: 10384\nLAT: 52.4675\nLON: 13.4021\n\nDATE;TMK;RSK;SDK\n20230101;13.5;0.0;2.1\n20230102;11.0;1.2;0.0\n20230103;5.4;-999;4.2\n",
        "DATE,TMK,RSK,SDK\n20230101,13.5,0.0,2.1\n20230102,11.0,1.2,0.0\n20230103,5.4,-999,4.2\n",
    ),
    (
        "credit card",
        "Date,Description,Debit,Credit\n2023-01-02,\"AMAZON, SEATTLE\",25.10,\n2023-01-03,PAYMENT,,300.00\n2023-01-09,\"GAS #1 \"\"SHELL\"\"\",41.00,\n",
        "Date,Description,Debit,Credit\n2023-01-02,\"AMAZON, SEATTLE\",25.10,\n2023-01-03,PAYMENT,,300.00\n2023-01-09,\"GAS #1 \"\"SHELL\"\"\",41.00,\n",
    ),
    (
        "SAP list",
        "----------------------------\n|Material|Plant|Stock|Unit|\n----------------------------\n|100-100 |1000 |  120|PC  |\n|100-200 |1000 |   80|PC  |\n|100-300 |1200 |    5|PC  |\n----------------------------\n",
        ",Material,Plant,Stock,Unit,\n,100-100 ,1000 ,  120,PC  ,\n,100-200 ,1000 ,   80,PC  ,\n,100-300 ,1200 ,    5,PC  ,\n",
    ),
    (
        "product feed",
        "id,title,description,price\nA1,\"Lamp \"\"Moon\"\"\",\"<p>Warm, soft</p>\n<p>LED</p>\",19.90 EUR\nA2,Desk,\"<p>Oak, 120 cm</p>\",199.00 EUR\nA3,Chair,,49.00 EUR\n",
        "id,title,description,price\nA1,\"Lamp \"\"Moon\"\"\",\"<p>Warm, soft</p>\n<p>LED</p>\",19.90 EUR\nA2,Desk,\"<p>Oak, 120 cm</p>\",199.00 EUR\nA3,Chair,,49.00 EUR\n",
    ),
    (
        "log of blanks",
        "timestamp host status bytes\n2023-01-01T00:00:01 web1 200 5120\n2023-01-01T00:00:02 web2 404 310\n2023-01-01T00:00:05 web1 200 7711\n",
        "timestamp,host,status,bytes\n2023-01-01T00:00:01,web1,200,5120\n2023-01-01T00:00:02,web2,404,310\n2023-01-01T00:00:05,web1,200,7711\n",
    ),
    ("one data row", "id;name;price\n1;Bolt;2,50\n", "id,name,price\n1,Bolt,\"2,50\"\n"),
    (
        "two columns, free text",
        "Question,Answer\nOpen?,\"Yes, always\"\nNear?,No\nCheap?,\"Well, no\"\n",
        "Question,Answer\nOpen?,\"Yes, always\"\nNear?,No\nCheap?,\"Well, no\"\n",
    ),
    (
        "title with a semicolon",
        "Lager; Stand 2023\nNr;Name;Menge\n1;Bolzen;5\n2;Mutter;7\n3;Ring;9\n",
        "Nr,Name,Menge\n1,Bolzen,5\n2,Mutter,7\n3,Ring,9\n",
    ),
    (
        "merged group header of three rows",
        "Stock report,,,,\n,North,,South,\nPart,Qty,Bin,Qty,Bin\nA1,5,B1,6,C1\nA2,7,B2,8,C2\nA3,9,B3,1,C3\n",
        "Part,North Qty,North Bin,South Qty,South Bin\nA1,5,B1,6,C1\nA2,7,B2,8,C2\nA3,9,B3,1,C3\n",
    ),
    (
        "dates across",
        "Item,Jan 2023,Feb 2023,Mar 2023\nA,1,2,3\nB,4,5,6\nC,7,8,9\n",
        "Item,Jan 2023,Feb 2023,Mar 2023\nA,1,2,3\nB,4,5,6\nC,7,8,9\n",
    ),
    (
        "Japanese",
        "品番,品名,数量\nA-1,ボルト、六角,5\nA-2,ナット,7\nA-3,座金,9\n",
        "品番,品名,数量\nA-1,ボルト、六角,5\nA-2,ナット,7\nA-3,座金,9\n",
    ),
    (
        "codes and flags",
        "code,active,kind\nDE,Y,A\nUS,N,B\nGB,Y,A\n",
        "code,active,kind\nDE,Y,A\nUS,N,B\nGB,Y,A\n",
    ),
    (
        "genes",
        "gene_id\tlength\tsample1\tsample2\nENSG01\t1200\t0.5\t1.2\nENSG02\t800\t0\t0\nENSG03\t2210\t5.5\t4.9\n",
        "gene_id,length,sample1,sample2\nENSG01,1200,0.5,1.2\nENSG02,800,0,0\nENSG03,2210,5.5,4.9\n",
    ),
    (
        "survey with questions as header",
        "\"1. How old are you?\",\"2. Where do you live, roughly?\",\"3. Comments\"\n34,Oslo,\"none, thanks\"\n28,Rome,\n51,Lima,\"more, please\"\n",
        "1. How old are you?,\"2. Where do you live, roughly?\",3. Comments\n34,Oslo,\"none, thanks\"\n28,Rome,\n51,Lima,\"more, please\"\n",
    ),
    (
        "tracking with trailing text",
        "Nr,Status\n1,ok\n2,ok\n3,late\n\nEnd of report\n",
        "Nr,Status\n1,ok\n2,ok\n3,late\n",
    ),
    (
        "percent and currency",
        "Fund,Value,Change\nA,\"$1,200.50\",5.1%\nB,$800.00,-2.0%\nC,\"$2,000.00\",0.0%\n",
        "Fund,Value,Change\nA,\"$1,200.50\",5.1%\nB,$800.00,-2.0%\nC,\"$2,000.00\",0.0%\n",
    ),
    (
        "quoted numbers with decimal commas",
        "\"Nr\";\"Betrag\"\n\"1\";\"1.200,50\"\n\"2\";\"80,00\"\n\"3\";\"5,10\"\n",
        "Nr,Betrag\n1,\"1.200,50\"\n2,\"80,00\"\n3,\"5,10\"\n",
    ),
    (
        "lists within cells",
        "user;roles;since\nann;admin,clerk;2020\nbob;clerk;2021\neve;admin,clerk,auditor;2022\n",
        "user,roles,since\nann,\"admin,clerk\",2020\nbob,clerk,2021\neve,\"admin,clerk,auditor\",2022\n",
    ),
    (
        "page footers of a report",
        "Part,Name,Qty\nA1,Bolt,5\nA2,Nut,6\nPage 1 of 2\nPart,Name,Qty\nA3,Ring,7\nA4,Pin,8\nPage 2 of 2\n",
        "Part,Name,Qty\nA1,Bolt,5\nA2,Nut,6\nA3,Ring,7\nA4,Pin,8\n",
    ),
];

fn table_in(text: &str) -> Table {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn nearly_all_files_of_the_wild_are_read_as_they_are_meant() {
    let failed: Vec<String> = FILES
        .iter()
        .filter_map(|(name, file, wanted)| {
            let found = read(file.as_bytes()).unwrap_or_default();
            (found != table_in(wanted)).then(|| format!("{name}: {found:?}"))
        })
        .collect();
    println!("{} of {} not perfect\n{}", failed.len(), FILES.len(), failed.join("\n"));
    assert!(failed.len() * 20 <= FILES.len(), "{}", failed.join("\n"));
}
